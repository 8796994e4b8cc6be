package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/node/listing"
	"github.com/dbc-network/dbc/x/machine"
)

// errNothingToList means: no card of this host can be listed as it is.
var errNothingToList = errors.New("no card can be listed as it is")

type gpuFactsReply struct {
	Slots []machine.Slot `json:"slots"`
	Out   []listing.Out  `json:"out"`
	// MemoryMiB is that of a VM with all slots, WindowMiB its window for the cards' memory:
	// 0 where the firmware's own holds it.
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
			"list: the largest set that is alike, with type, memory and ids. Nothing is listed by it, and machines with cards\n" +
			"cannot be bonded yet. Exit code 1 if none can be listed, or if their memory does not fit beside the VM's.",
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
	cmd.Flags().StringVar(&root, "root", "/", "folder that stands for / before etc, sys and proc")
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
	slots, seen, out := listing.Cards(inv, f, "")
	reply := gpuFactsReply{Slots: append([]machine.Slot{}, slots...), Out: append([]listing.Out{}, out...), MemoryMiB: memory}
	reply.WindowMiB, reply.Fits = inv.Host.Window(seen, memory)
	return reply, nil
}

func gpuFactsText(w io.Writer, reply gpuFactsReply) {
	if len(reply.Slots) > 0 {
		row(w, "SLOT", "TYPE", "GPUS", "MIB EACH", "AT", "IDS")
	}
	for i, slot := range reply.Slots {
		ids := fmt.Sprint(slot.GpuIds)
		if slot.GpuIds[0] == "" {
			ids = "follow from the machine's id"
		}
		row(w, i, slot.GpuType, slot.GpuCount, slot.VramMib, slot.PciAddress, ids)
	}
	for _, o := range reply.Out {
		fmt.Fprintf(w, "\nSlot %d of /etc/dbc/gpus.toml stays out: %s\n", o.Slot, outWords[o.Code](o.Params))
	}
	if !reply.Fits {
		fmt.Fprintf(w, "\nThe cards' memory does not fit beside %d MiB of a VM's into what processor and IOMMU can address, or they do not say how much that is;"+
			" list less memory, bind fewer cards, or turn off Re-Size BAR in the firmware\n", reply.MemoryMiB)
	}
}

// outWords says why a slot stays out, and what to do.
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
