package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
	xmachine "github.com/dbc-network/dbc/x/machine"
)

// Anybody may read what cards there are; what is signed are the bytes as they
// came, and a crowd costs the machine one look.
func TestInventory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 3 {
		_, byMachine := b.send(nil, http.MethodGet, api.PathInventory, "", nil)
		_, named := b.ask(nil, api.PathInventory, `{}`, nil)
		for _, reply := range []api.Reply{byMachine, named} {
			var got api.SignedInventory
			if err := json.Unmarshal(reply.Message, &got); err != nil || got.Inventory != `{"schema":1,"slots":[]}` {
				t.Fatalf("%v: %+v", err, reply)
			}
			hash := sha256.Sum256([]byte(got.Inventory))
			signature, err := hex.DecodeString(got.Signature)
			if err != nil || got.SHA256 != hex.EncodeToString(hash[:]) {
				t.Errorf("%v: %+v", err, got)
			}
			id := b.k.MachineID()
			if err := xmachine.VerifySignature(id, xmachine.InventoryText(chainID, id, []byte(got.Inventory)), signature); err != nil {
				t.Error(err)
			}
		}
	}
	if n := b.m.looked.Load(); n != 1 {
		t.Errorf("the computer was read %d times", n)
	}
}

// Nor does a machine that cannot read its cards, or itself, read again for each
// stranger who asks.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.m.unreadable = errors.New("the driver holds it")
	began := time.Now()
	for range 20 {
		for _, path := range []string{api.PathInventory, api.PathMiningNodes} {
			if status, reply := b.ask(nil, path, `{}`, nil); status != http.StatusBadGateway {
				t.Fatalf("%s: %d, %+v", path, status, reply)
			}
		}
	}
	if n := b.m.looked.Load(); n > 2*int64(1+time.Since(began)/time.Second) {
		t.Errorf("the computer was read %d times", n)
	}
}

// Of a machine with GPUs it is shown which slots are held, whichever they are, and
// what each card is in.
func TestSlotsOfMachine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.m.cards = []host.Slot{
		{Index: 0, Number: 4, GPUs: 1, State: vm.SlotQuarantined, Fault: "LINK_WIDTH", Params: map[string]string{"want": "16", "have": "1"}, Kernel: []string{"secret"}},
		{Index: 1, Number: 2, GPUs: 1, State: vm.SlotInUse},
	}
	_, reply := b.ask(nil, api.PathMiningNodes, `{}`, nil)
	var got api.Details
	if err := json.Unmarshal(reply.Message, &got); err != nil {
		t.Fatal(err)
	}
	want := []api.SlotState{
		{Slot: 0, GPUs: 1, State: "quarantined", Fault: "LINK_WIDTH", Params: map[string]string{"want": "16", "have": "1"}}, {Slot: 1, GPUs: 1, State: "in_use"},
	}
	if !reflect.DeepEqual(got.GPU.Slots, want) || got.GPU.Used != "1" || got.GPU.Count != "2" || strings.Contains(string(reply.Message), "secret") {
		t.Errorf("%s", reply.Message)
	}
}
