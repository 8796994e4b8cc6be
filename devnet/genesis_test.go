package devnet

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSetParams(t *testing.T) {
	t.Parallel()
	const genesis = `{"initial_height":"1","n":12345678901234567890,"app_state":{"rental":{"params":{"duration_unit":"1800s"}}}}`
	out, err := setParams([]byte(genesis), "rental", map[string]any{"duration_unit": "30s"})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		N        json.Number `json:"n"`
		AppState struct {
			Rental struct {
				Params map[string]string `json:"params"`
			} `json:"rental"`
		} `json:"app_state"`
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.AppState.Rental.Params["duration_unit"] != "30s" || doc.N != "12345678901234567890" {
		t.Errorf("%s", out)
	}
	for module, params := range map[string]map[string]any{
		"rental": {"renamed": "30s"}, "nothing": {"duration_unit": "30s"},
	} {
		if _, err := setParams([]byte(genesis), module, params); err == nil {
			t.Errorf("%s %v passed", module, params)
		}
	}
}

func TestPortsOfDevnetsDiffer(t *testing.T) {
	t.Parallel()
	seen, last := map[uint16]uint16{}, uint16(firstGuestPort-1)
	for n := range uint16(maxDevnets) {
		p := portsOf(n)
		for _, port := range p.all() {
			if other, twice := seen[port]; twice {
				t.Errorf("port %d is of devnets %d and %d", port, other, n)
			}
			seen[port] = n
		}
		if p.First != last+1 || p.Last > 32767 {
			t.Errorf("devnet %d publishes %d to %d", n, p.First, p.Last)
		}
		last = p.Last
	}
	want := ports{
		RPC: 26657, P2P: 26656, GRPC: 9090, REST: 1317, Node: 5060, NodeP2P: 5011, Client: 5050, ClientP2P: 5001,
		First: 5200, Last: 8645,
	}
	if p := portsOf(0); p != want {
		t.Errorf("the first devnet has other ports than the defaults: %+v", p)
	}
}

func TestGuestNetworkIsStable(t *testing.T) {
	t.Parallel()
	a, err := guestNetwork("/home/a")
	if err != nil {
		t.Fatal(err)
	}
	again, err := guestNetwork("/home/a")
	if err != nil || a != again || a != a.Masked() || !a.Addr().IsPrivate() {
		t.Errorf("%v, then %v, %v", a, again, err)
	}
	if b, err := guestNetwork("/home/b"); err != nil || a.Overlaps(b) {
		t.Errorf("two homes share %v: %v", b, err)
	}
	if strings.HasPrefix(DataDir("/root/x"), "/root") {
		t.Error("QEMU's user can't enter the data folder")
	}
}
