package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	for _, code := range vfio.Codes {
		if words, ok := faultWords[code]; !ok || words(nil) == "" {
			t.Errorf("%s has no words", code)
		}
	}
}

// shelf is a host's cards.
type shelf map[uint32]error

func (shelf) Slots(context.Context) ([]vm.Slot, error) {
	return []vm.Slot{
		{Index: 0, State: vm.SlotInUse, Holder: "0b"},
		{Index: 2, State: vm.SlotQuarantined, Since: time.Unix(1_800_000_000, 0), Fault: "LINK_WIDTH", Params: map[string]string{"address": "0000:01:00.0", "want": "16", "have": "4"}, Kernel: []string{"a line\x1b[2J"}},
	}, nil
}

func (s shelf) CheckSlot(_ context.Context, index uint32) error { return s[index] }

// A host sees why a card is quarantined and what to do, and has it checked.
func TestSlotCommands(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "dbc") //nolint:usetesting // the path of a unix socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "run", "helper.sock")
	if _, err := node.Init(dir, conf.RoleMining, map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "203.0.113.7", "helper_socket": socket}); err != nil {
		t.Fatal(err)
	}
	root := os.Getuid()
	cards := shelf{1: vm.RefuseSlot(vm.ErrSlotHeld, 1, "holder", "0b"), 3: vm.RefuseSlot(vm.ErrSlotQuarantined, 3, "fault", "OFF_BUS", "address", "0000:02:00.0")}
	server := helper.NewServer(helper.Config{UID: root + 1, Root: &root, Rules: guests.Rules{Data: dir}, Open: func(context.Context, names.Binding) (guests.Parts, error) {
		return guests.Parts{Driver: fake.New(), Cards: cards, Close: func() error { return nil }}, nil
	}})
	text, err := json.Marshal(names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "binding.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	listener, err := helper.Listen(t.Context(), socket, root, os.Getgid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	for args, want := range map[string]string{
		"slots":        "Slot 0: in use by VM 0b\nSlot 2: quarantined, since " + time.Unix(1_800_000_000, 0).Format(time.DateTime) + "\n  the link of 0000:01:00.0 has 4 lanes, it had 16; seat the card",
		"slots --json": `"slot":2,"state":"quarantined"`,
		"check 2":      "Slot 2 is ready",
		"check 1":      "slot 1 belongs to VM 0b, whose renter keeps it",
		"check 3":      "slot 3 stays quarantined: 0000:02:00.0 does not answer any more; power the computer off and on",
		"check x":      `slot "x": want its number`,
		"check 4 5":    "5",
	} {
		var out bytes.Buffer
		code := run(t.Context(), append(strings.Fields("host gpu "+args), "--node-home", dir), nil, &out, &out)
		if got := out.String(); !strings.Contains(squeezed(got), squeezed(want)) || strings.Contains(got, "\x1b") {
			t.Errorf("%s ends with %d: %q, want %q", args, code, got, want)
		}
		if failed := strings.HasPrefix(args, "check") && args != "check 2"; failed != (code != 0) {
			t.Errorf("%s ends with %d", args, code)
		}
	}
}

// squeezed returns a text without its spaces: lines are wrapped at the terminal's width.
func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }
