//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	nodecmd "github.com/dbc-network/dbc/cmd/dbc/node"
	"github.com/dbc-network/dbc/node"
	nodehost "github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// errUnready means that this computer would make no VM for a self-rent.
var errUnready = errors.New("this computer's node would make no VM")

// readiness asks this computer whether it would make the VM of a self-rent.
type readiness struct {
	config             conf.Compute
	chainID, machineID string
	image              string
	// web reaches the node at url.
	web *http.Client
	url string
	// helper asks the helper for its slots; nil for a node that is one process.
	helper  func(ctx context.Context) ([]vm.Slot, error)
	details func(ctx context.Context) (api.Details, error)
	listed  func(ctx context.Context) (machine.Facts, error)
}

// check returns why no VM would be made in these slots.
func (r readiness) check(ctx context.Context, slots []uint32) error {
	root, err := nodecmd.AskRoot(ctx, r.web, r.url)
	if err != nil {
		return err
	}
	if err := node.Answers(r.config.Node, root); err != nil {
		return err
	}
	switch {
	case root.MachineID != r.machineID:
		return fmt.Errorf("%w: it runs as a %s node (role in core.conf), want one that computes", errUnready, client.Printable(root.Role))
	case root.ChainID != r.chainID:
		return fmt.Errorf("%w: it follows %s, and the rental would be on %s", errUnready, client.Printable(root.ChainID), r.chainID)
	case root.Doubt != "":
		return fmt.Errorf("%w: it does not believe the chain: %s", errUnready, client.Printable(root.Doubt))
	}
	if r.helper != nil {
		if _, err := r.helper(ctx); err != nil {
			return fmt.Errorf("ask the node's helper (systemctl status dbc-helper): %w", err)
		}
	}
	listed, err := r.listed(ctx)
	if err != nil {
		return err
	}
	details, err := r.details(ctx)
	if err != nil {
		return err
	}
	if err := hasImage(details.Images, r.image); err != nil {
		return err
	}
	return usable(listed, details.GPU.Slots, slots)
}

// hasImage refuses an image that the node does not have; "" is its own choice.
func hasImage(images []api.Image, name string) error {
	if slices.ContainsFunc(images, func(i api.Image) bool { return i.Name == name || name == "" && i.Default }) {
		return nil
	}
	if name == "" {
		return fmt.Errorf("%w: it has no image; dbc image pull gets one", errUnready)
	}
	return fmt.Errorf("%w: it has no image %.64q; dbc images shows those that it has", errUnready, name)
}

// usable refuses slots whose cards no VM can be given now. One that is being reset
// is ready soon.
func usable(listed machine.Facts, told []api.SlotState, slots []uint32) error {
	var said []string
	for _, index := range slots {
		if int(index) >= len(listed.Slots) || listed.Slots[index].Kind != machine.SLOT_KIND_GPU {
			continue
		}
		at := slices.IndexFunc(told, func(s api.SlotState) bool { return s.Slot == index })
		words := "it does not say what the card is in; see journalctl -u dbc-node -u dbc-helper"
		if at >= 0 {
			words = unusable(told[at])
		}
		if words != "" {
			said = append(said, fmt.Sprintf("slot %d of the listing: %s", index, words))
		}
	}
	if len(said) > 0 {
		return fmt.Errorf("%w: %s", errUnready, strings.Join(said, "; "))
	}
	return nil
}

// unusable says why no VM can be given a slot, and what to do; "" if one can.
func unusable(s api.SlotState) string {
	switch vm.SlotState(s.State) {
	case vm.SlotReady, vm.SlotResetting:
		return ""
	case vm.SlotInUse:
		return "another VM has the card; dbc host gpu slots names it"
	case vm.SlotQuarantined:
		return "quarantined: " + faultText(s.Fault, s.Params) + "; then: dbc host gpu check, with the number that dbc host gpu slots shows"
	case nodehost.SlotMissing:
		return "its cards are not in /etc/dbc/gpus.toml; dbc host gpu bind, or dbc host update to list what the computer has"
	}
	return "the card is " + shown(s.State) + "; see dbc host gpu slots"
}
