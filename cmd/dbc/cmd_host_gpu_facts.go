//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

// errNothingToList means that no card of this host can be listed as it is.
var errNothingToList = errors.New("no card can be listed as it is")

type gpuFactsReply struct {
	// Slots are what a machine can list, Numbers their numbers in gpus.toml.
	Slots   []machine.Slot `json:"slots"`
	Numbers []int          `json:"numbers"`
	Out     []listing.Out  `json:"out"`
	// MemoryMiB is that of a VM with all slots, WindowMiB its window for the cards'
	// memory: 0 where the firmware's own suffices.
	MemoryMiB uint64 `json:"memory_mib"`
	WindowMiB uint64 `json:"window_mib"`
	Fits      bool   `json:"fits"`
}

func newHostGPUFactsCommand(s *settings) *cobra.Command {
	var root string
	var memory uint64
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "Show what a listing would say of the bound cards, and what stays out",
		Long: "Compares the cards of /etc/dbc/gpus.toml with what this computer has now, and shows the slots that a machine could\n" +
			"list: the largest set that is alike, with type, memory and ids. Nothing is listed by it: dbc host bond does that.\n" +
			"Exit code 1 if none can be listed, or if their memory does not fit beside the VM's.",
		Example: "  dbc host gpu facts\n  dbc host gpu facts --memory 131072 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			reply, err := gpuFacts(root, memory)
			if err != nil {
				return err
			}
			if err := s.show(cmd, reply, func(w io.Writer) { gpuFactsText(w, reply) }); err != nil {
				return err
			}
			if len(reply.Slots) == 0 || !reply.Fits {
				return errNothingToList
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&root, "root", "/", cardRootHelp)
	cmd.Flags().Uint64Var(&memory, "memory", 0, "MiB that the machine would list (default all of this computer's)")
	return cmd
}

func gpuFacts(root string, memory uint64) (gpuFactsReply, error) {
	at, err := os.OpenRoot(root)
	if err != nil {
		return gpuFactsReply{}, err
	}
	defer func() { _ = at.Close() }()
	f, err := binding.Load(at)
	if err != nil {
		return gpuFactsReply{}, err
	}
	inv, err := gpu.Read(root)
	if err != nil {
		return gpuFactsReply{}, err
	}
	if memory == 0 {
		var kib uint64
		if _, err := fmt.Sscanf(hw.Files{Root: at}.Text("proc/meminfo"), "MemTotal: %d kB", &kib); err != nil {
			return gpuFactsReply{}, fmt.Errorf("read this computer's memory: %w", err)
		}
		memory = kib >> 10
	}
	cards, out := listing.Cards(inv, f, "")
	reply := gpuFactsReply{Slots: []machine.Slot{}, Numbers: []int{}, Out: append([]listing.Out{}, out...), MemoryMiB: memory}
	var seen []gpu.Slot
	for _, c := range cards {
		reply.Slots, reply.Numbers, seen = append(reply.Slots, c.Slot), append(reply.Numbers, c.Number), append(seen, c.Seen)
	}
	reply.WindowMiB, reply.Fits = inv.Host.Window(seen, memory)
	return reply, nil
}

func gpuFactsText(w io.Writer, reply gpuFactsReply) {
	slotsText(w, reply.Slots, reply.Numbers)
	outText(w, reply.Out)
	if !reply.Fits {
		noRoomText(w, reply.MemoryMiB)
	}
}

// slotsText shows the listed slots; numbers are those of gpus.toml.
func slotsText(w io.Writer, slots []machine.Slot, numbers []int) {
	if len(slots) > 0 {
		row(w, "SLOT", "NUMBER", "TYPE", "GPUS", "MIB EACH", "IDS")
	}
	for i, slot := range slots {
		ids := strings.Join(slot.GpuIds, " ")
		if slot.GpuIds[0] == "" {
			ids = "follow from the machine's id"
		}
		row(w, i, numbers[i], slot.GpuType, slot.GpuCount, slot.VramMib, ids)
	}
	if len(slots) > 0 && gpu.Consumer(slots[0].GpuType) {
		fmt.Fprintf(w, "\nLicence: %s\n", licenceWords[image.LicenceNVIDIA])
	}
}

func outText(w io.Writer, out []listing.Out) {
	for _, o := range out {
		fmt.Fprintf(w, "\nThe slot of number %d in /etc/dbc/gpus.toml stays out: %s\n", o.Slot, outWords[o.Code](o.Params))
	}
}

func noRoomText(w io.Writer, memory uint64) {
	fmt.Fprintf(w, "\nThe cards' memory does not fit beside %d MiB of a VM's into what processor and IOMMU can address, or they do not say how much that is;"+
		" list less memory (host_memory_mib in core.conf), bind fewer cards, or turn off Re-Size BAR in the firmware\n", memory)
}

// cardsText shows what a bond would list of this computer's cards.
func cardsText(w io.Writer, offer compute.Offer) {
	var slots []machine.Slot
	var numbers []int
	for _, c := range offer.Cards {
		slots, numbers = append(slots, c.Slot), append(numbers, c.Number)
	}
	slotsText(w, slots, numbers)
	outText(w, offer.Out)
	if len(slots) > 0 && !offer.Fits {
		noRoomText(w, offer.Facts.MemoryMib)
	}
	if offer.Unbound > 0 {
		fmt.Fprintf(w, "\n%d GPUs that could be passed to VMs are not kept for them and are not listed; dbc host gpu bind keeps them\n", offer.Unbound)
	}
}

// outWords says why a slot is not listed, and what to do.
var outWords = map[listing.Code]func(p map[string]string) string{
	listing.CodeUnseen: func(map[string]string) string {
		return "this computer has no such slot now, or another card there; dbc host inventory shows them, dbc host gpu bind records them anew"
	},
	listing.CodeUnmeasured: func(p map[string]string) string {
		return fmt.Sprintf("%s of %s was not measured; dbc host gpu unbind, reboot with the vendor's driver, dbc host gpu bind", p["what"], p["address"])
	},
	listing.CodeMode: func(p map[string]string) string {
		return fmt.Sprintf("%s of %s was on, and would be for each renter; turn it off with the vendor's driver, then bind again", p["mode"], p["address"])
	},
	listing.CodeMixed: func(map[string]string) string { return "its GPUs are of several types" },
	listing.CodeUnlike: func(p map[string]string) string {
		return fmt.Sprintf("%s of %s with %s MiB; a machine lists slots that are alike, and more are of another kind", p["gpus"], p["type"], p["vram_mib"])
	},
}
