//go:build linux

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

func newHostInventoryCommand(s *settings) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "Show this computer's GPUs, the slots that they make, and why others cannot be passed to a VM",
		Long: "Reads sysfs and procfs and changes nothing. A slot is what can be given to a VM on its own: whole IOMMU groups,\n" +
			"with all functions of a card, and a board with NVSwitches as one. --root reads a copy of another computer's\n" +
			"sys and proc, and nothing outside of it. Where the firmware's console lies is shown to root only.",
		Example: "  dbc host inventory\n  dbc host inventory --root /tmp/copy --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			inv, err := gpu.Read(root)
			if err != nil {
				return err
			}
			return s.show(cmd, inv, func(w io.Writer) { inventoryTable(w, inv) })
		},
	}
	cmd.Flags().StringVar(&root, "root", "/", "folder that stands for / before sys and proc")
	return cmd
}

func inventoryTable(w io.Writer, inv gpu.Inventory) {
	if len(inv.GPUs) == 0 {
		fmt.Fprintln(w, "No GPU of NVIDIA, AMD or Intel is in this computer.")
	} else {
		row(w, "GPU", "TYPE", "PCI IDS", "GROUP", "NUMA", "SLOT")
	}
	for _, g := range inv.GPUs {
		row(w, g.Address, g.Name, g.PCIIDs, orDash(g.GroupNumber), orDash(g.NUMA), slotOf(inv, g))
	}
	for _, s := range inv.Slots {
		fmt.Fprintf(w, "\nSlot %d: %s; %d MiB of a VM's memory window\n", s.Index, joined(s.Functions), s.NeedsWindowMiB)
	}
	for _, g := range inv.GPUs {
		for _, r := range g.Reasons {
			fmt.Fprintf(w, "\n%s cannot be passed: %s\n", g.Address, wordsOf(r))
		}
		for _, r := range g.Warnings {
			fmt.Fprintf(w, "\n%s: note: %s\n", g.Address, wordsOf(r))
		}
	}
	for _, u := range inv.Unsupported {
		for _, r := range u.Reasons {
			fmt.Fprintf(w, "\n%s is not rented out: %s\n", u.Address, wordsOf(r))
		}
	}
}

func slotOf(inv gpu.Inventory, g gpu.GPU) string {
	for _, s := range inv.Slots {
		for _, a := range s.GPUs {
			if a == g.Address {
				return strconv.Itoa(s.Index)
			}
		}
	}
	return "none"
}

func orDash(n int) string {
	if n < 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

func joined(list []pci.Address) string {
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, a.String())
	}
	return strings.Join(out, " ")
}
