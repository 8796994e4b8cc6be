package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// TestSelfRentReady: before anything is paid the node, its helper, its images and the
// cards of the quoted slots say that a VM would be made.
func TestSelfRentReady(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Node: conf.Node{Home: t.TempDir()}}
	k, err := key.Create(cfg.KeyPath())
	if err != nil {
		t.Fatal(err)
	}
	root := api.Root{Role: conf.RoleMining, MachineID: k.MachineID(), ChainID: "dbc-devnet-1"}
	details := api.Details{
		Images: []api.Image{{Name: "debian-12.qcow2"}, {Name: "ubuntu.qcow2", Default: true}},
		GPU: api.GPU{Slots: []api.SlotState{
			{Slot: 0, State: string(vm.SlotReady)},
			{Slot: 1, State: string(vm.SlotResetting)},
			{Slot: 2, State: string(vm.SlotInUse)},
			{Slot: 3, State: string(vm.SlotQuarantined), Fault: string(vfio.CodeReset), Params: map[string]string{"error": "ENOTTY"}},
			{Slot: 4, State: "missing"},
		}},
	}
	listed := machine.Facts{}
	for range 6 {
		listed.Slots = append(listed.Slots, machine.Slot{Kind: machine.SLOT_KIND_GPU})
	}
	listed.Slots = append(listed.Slots, machine.Slot{Kind: machine.SLOT_KIND_TEST})
	answer := func(change func(*api.Root)) api.Root {
		r := root
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		root    api.Root
		down    bool
		helper  error
		details error
		image   string
		slots   []uint32
		is      error
		want    string // "" for ready
	}{
		"ready":             {root: root, slots: []uint32{0}},
		"being reset":       {root: root, slots: []uint32{0, 1}},
		"an image":          {root: root, slots: []uint32{0}, image: "debian-12.qcow2"},
		"simulated":         {root: root, slots: []uint32{6}},
		"no node":           {down: true, is: client.ErrUnreachable, want: "dbc node start"},
		"another machine's": {root: answer(func(r *api.Root) { r.MachineID = "ab" }), is: node.ErrOther, want: "ab"},
		"a client node":     {root: answer(func(r *api.Root) { r.Role, r.MachineID = conf.RoleClient, "" }), is: node.ErrOther, want: "client"},
		"another network":   {root: answer(func(r *api.Root) { r.ChainID = "dbc-testnet-1" }), is: errUnready, want: "follows dbc-testnet-1"},
		"a doubtful chain":  {root: answer(func(r *api.Root) { r.Doubt = "old \x1b[2J" }), is: errUnready, want: `does not believe the chain: old \u001b`},
		"no helper":         {root: root, helper: vm.ErrUnavailable, is: vm.ErrUnavailable, want: "systemctl status dbc-helper"},
		"no details":        {root: root, details: client.ErrUntrusted, is: client.ErrUntrusted, want: client.ErrUntrusted.Error()},
		"no such image":     {root: root, image: "arch.qcow2", slots: []uint32{0}, is: errUnready, want: `no image "arch.qcow2"; dbc images`},
		"in use":            {root: root, slots: []uint32{0, 2}, is: errUnready, want: "slot 2 of the listing: another VM has the card"},
		"quarantined":       {root: root, slots: []uint32{3}, is: errUnready, want: "slot 3 of the listing: quarantined: its reset failed: ENOTTY"},
		"missing":           {root: root, slots: []uint32{4}, is: errUnready, want: "slot 4 of the listing: its cards are not in"},
		"not told":          {root: root, slots: []uint32{5}, is: errUnready, want: "slot 5 of the listing: it does not say"},
		"two":               {root: root, slots: []uint32{2, 3}, is: errUnready, want: "names it; slot 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				message, err := json.Marshal(c.root)
				if err != nil {
					t.Error(err)
				}
				_ = json.NewEncoder(w).Encode(api.Reply{Message: message})
			}))
			defer server.Close()
			if c.down {
				server.Close()
			}
			r := readiness{
				config: cfg, chainID: "dbc-devnet-1", machineID: k.MachineID(), image: c.image, web: server.Client(), url: server.URL,
				helper:  func(context.Context) ([]vm.Slot, error) { return nil, c.helper },
				details: func(context.Context) (api.Details, error) { return details, c.details },
				listed:  func(context.Context) (machine.Facts, error) { return listed, nil },
			}
			err := r.check(t.Context(), c.slots)
			if (err != nil) != (c.want != "") || err != nil && (!errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if err := hasImage(nil, ""); !errors.Is(err, errUnready) || !strings.Contains(err.Error(), "dbc image pull") {
		t.Error(err)
	}
}
