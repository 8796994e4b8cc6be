//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/vm"
)

// checkLimit is how long the resets of a slot's functions may take together.
const checkLimit = 20 * time.Minute

type slotReply struct {
	Slot   uint32            `json:"slot"`
	State  vm.SlotState      `json:"state"`
	Since  *time.Time        `json:"since,omitempty"`
	Holder vm.UUID           `json:"holder,omitempty"`
	Fault  string            `json:"fault,omitempty"`
	Params map[string]string `json:"params,omitempty"`
	Kernel []string          `json:"kernel,omitempty"`
}

func newHostGPUSlotsCommand(s *settings) *cobra.Command {
	var home string
	cmd := &cobra.Command{
		Use:   "slots",
		Short: "Show what each slot's card is in, and why one is quarantined",
		Long: "Asks the node's helper, as root, what each slot is in: ready, in use by a VM, being reset, or quarantined, with the\n" +
			"reason and what the kernel said of the card then. A slot is named by its number in /etc/dbc/gpus.toml.",
		Example: "  dbc host gpu slots --node-home /etc/dbc",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []vm.Slot
			err := askHelper(s, home, func(c *helper.Client) (err error) {
				list, err = c.Slots(cmd.Context())
				return err
			})
			if err != nil {
				return err
			}
			replies := []slotReply{}
			for _, slot := range list {
				replies = append(replies, replyOf(slot))
			}
			return s.show(cmd, replies, func(w io.Writer) { slotStates(w, list) })
		},
	}
	nodeHomeFlag(cmd, &home)
	return cmd
}

func newHostGPUCheckCommand(s *settings) *cobra.Command {
	var home string
	cmd := &cobra.Command{
		Use:   "check SLOT",
		Short: "Reset a slot that no VM has and look at its card again: the way out of quarantine",
		Long: "Has the node's helper reset the card of a slot that no VM has, and compare it with its record. A quarantined slot is\n" +
			"ready again where that passes; else it stays quarantined with the new reason. Only root may ask: a node that somebody\n" +
			"took over brings no card back. A slot is named by its number in /etc/dbc/gpus.toml.",
		Example: "  dbc host gpu check 2 --node-home /etc/dbc",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := strconv.ParseUint(args[0], 10, 32)
			if err != nil {
				return usagef("slot %q: want its number in /etc/dbc/gpus.toml", args[0])
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), checkLimit)
			defer cancel()
			err = askHelper(s, home, func(c *helper.Client) error { return c.CheckSlot(ctx, uint32(number)) })
			if refused := (*vm.SlotError)(nil); errors.As(err, &refused) {
				return fmt.Errorf("slot %d %s: %w", number, slotErrorWords(refused), err)
			}
			if err != nil {
				return err
			}
			return s.show(cmd, slotReply{Slot: uint32(number), State: vm.SlotReady}, func(w io.Writer) {
				fmt.Fprintf(w, "Slot %d is ready: its card was reset and is as recorded.\n", number)
			})
		},
	}
	nodeHomeFlag(cmd, &home)
	return cmd
}

// askHelper calls the helper of the node with the given home.
func askHelper(s *settings, home string, ask func(c *helper.Client) error) error {
	home, err := nodeFolder(s, home)
	if err != nil {
		return err
	}
	cfg, err := conf.LoadCompute(home)
	if err != nil {
		return err
	}
	if cfg.HelperSocket == "" {
		return usagef("helper_socket is %q in %s, want a helper's socket: the states of cards are its own; run the node as two processes (deploy/README.md)", "", home)
	}
	c, err := helper.Dial(helper.ClientConfig{Socket: cfg.HelperSocket})
	if err != nil {
		return err
	}
	return errors.Join(ask(c), c.Close())
}

func replyOf(slot vm.Slot) slotReply {
	reply := slotReply{Slot: slot.Index, State: slot.State, Holder: slot.Holder, Fault: slot.Fault, Params: slot.Params, Kernel: slot.Kernel}
	if !slot.Since.IsZero() {
		reply.Since = &slot.Since
	}
	return reply
}

func slotStates(w io.Writer, list []vm.Slot) {
	if len(list) == 0 {
		fmt.Fprintln(w, "This host keeps no cards for VMs; dbc host gpu bind does that.")
	}
	for _, slot := range list {
		text := slotWords[slot.State]
		if slot.State == vm.SlotInUse {
			text += " " + string(slot.Holder)
		}
		if !slot.Since.IsZero() {
			text += ", since " + slot.Since.Local().Format(time.DateTime)
		}
		fmt.Fprintf(w, "Slot %d: %s\n", slot.Index, cmp.Or(text, string(slot.State)))
		if slot.Fault == "" {
			continue
		}
		fmt.Fprintf(w, "  %s\n  Then: dbc host gpu check %d\n", faultText(slot.Fault, slot.Params), slot.Index)
		for _, line := range slot.Kernel {
			fmt.Fprintf(w, "  kernel: %s\n", shown(line))
		}
	}
}

var slotWords = map[vm.SlotState]string{
	vm.SlotReady: "ready", vm.SlotInUse: "in use by VM", vm.SlotResetting: "being reset", vm.SlotQuarantined: "quarantined",
}

// slotErrorWords says why a slot was not checked, or did not pass.
func slotErrorWords(e *vm.SlotError) string {
	switch {
	case errors.Is(e, vm.ErrSlotHeld):
		return "belongs to VM " + shown(e.Params["holder"]) + ", whose renter keeps it; a card is checked while nobody has it"
	case errors.Is(e, vm.ErrSlotUnknown):
		return "is not in /etc/dbc/gpus.toml; dbc host gpu slots shows those that are"
	case errors.Is(e, vm.ErrSlotQuarantined):
		return "stays quarantined: " + faultText(e.Params["fault"], e.Params)
	}
	return "was not checked"
}

func faultText(code string, params map[string]string) string {
	words, ok := faultWords[vfio.Code(code)]
	if !ok {
		return shown(code)
	}
	return words(params)
}

// faultWords says what is wrong with a card, and what to do.
var faultWords = map[vfio.Code]func(p map[string]string) string{
	vfio.CodeOffBus: func(p map[string]string) string {
		return fmt.Sprintf("%s does not answer any more; power the computer off and on, and look at power supply and riser", shown(p["address"]))
	},
	vfio.CodeAbsent: func(p map[string]string) string {
		return fmt.Sprintf("nothing is at %s; plug the card back in, or bind again: dbc host gpu bind", shown(p["address"]))
	},
	vfio.CodeOther: func(p map[string]string) string {
		return fmt.Sprintf("another card is at %s: %s is %s, recorded is %s; after cards were changed: dbc host gpu bind",
			shown(p["address"]), shown(p["field"]), shown(p["have"]), shown(p["want"]))
	},
	vfio.CodeDriver: func(p map[string]string) string {
		return fmt.Sprintf("%s is held by %s, want vfio-pci; reboot, and look at what loads that driver: dbc host doctor", shown(p["address"]), orElse(p["driver"], "no driver"))
	},
	vfio.CodeNoSlot: func(map[string]string) string {
		return "its functions make no slot of this computer any more; dbc host inventory says why"
	},
	vfio.CodeBusy: func(map[string]string) string {
		return "a program has the card open, though its VM has ended; look for one with: fuser -v /dev/vfio/*"
	},
	vfio.CodeHits: func(p map[string]string) string {
		return "its reset would hit another device: " + shown(p["error"]) + "; move the card to a PCIe slot of its own"
	},
	vfio.CodeReset: func(p map[string]string) string {
		return "its reset failed: " + shown(p["error"]) + "; reboot, and where it comes back, do not rent this model out"
	},
	vfio.CodeStuck: func(map[string]string) string {
		return "its reset had not ended after two minutes; reboot the computer"
	},
	vfio.CodeLink: func(p map[string]string) string {
		return fmt.Sprintf("the link of %s has %s lanes, it had %s; seat the card and its riser anew", shown(p["address"]), shown(p["have"]), shown(p["want"]))
	},
	vfio.CodeErrors: func(p map[string]string) string {
		return fmt.Sprintf("%s had %s uncorrected errors (%s) on its bus; look at riser, seat and power supply", shown(p["address"]), shown(p["count"]), shown(p["kind"]))
	},
}
