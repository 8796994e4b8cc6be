package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/machine"
)

type machineRow struct {
	ID          string   `json:"machine_id"`
	State       string   `json:"state"`
	GPUs        string   `json:"gpus"`
	Slots       int      `json:"slots"`
	Free        []uint32 `json:"free_slots"`
	CPUs        uint32   `json:"cpu_cores"`
	MemoryMiB   uint64   `json:"memory_mib"`
	Country     string   `json:"country,omitempty"`
	PricePerDay uint64   `json:"price_per_slot_and_day_udbc"`
	Listing     uint64   `json:"listing_version"`
}

func newMachinesCommand(s *settings) *cobra.Command {
	var (
		gpu, country string
		slots        uint32
		all          bool
		limit        uint64
	)
	cmd := &cobra.Command{
		Use:     "machines",
		Short:   "List machines that can be rented now",
		Example: "  dbc machines\n  dbc machines --gpu \"RTX 4090\" --slots 2\n  dbc machines --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			req := machine.QueryMachinesRequest{
				State: machine.MACHINE_STATE_ONLINE, GpuType: gpu, Country: country, FreeSlotsMin: max(slots, 1),
				Pagination: &query.PageRequest{Limit: limit},
			}
			if all {
				req.State, req.FreeSlotsMin = machine.MACHINE_STATE_UNSPECIFIED, slots
			}
			res, err := c.Machines(cmd.Context(), req)
			if err != nil {
				return err
			}
			rows := make([]machineRow, len(res.Listings))
			for i, l := range res.Listings {
				rows[i] = newMachineRow(l)
			}
			return s.show(cmd, rows, func(w io.Writer) { writeMachines(w, rows) })
		},
	}
	cmd.Flags().StringVar(&gpu, "gpu", "", "only machines with this GPU type")
	cmd.Flags().StringVar(&country, "country", "", "only machines in this country, such as DE")
	cmd.Flags().Uint32Var(&slots, "slots", 0, "only machines with so many free slots")
	cmd.Flags().BoolVar(&all, "all", false, "also those that are offline or rented out")
	cmd.Flags().Uint64Var(&limit, "limit", 50, "at most so many")
	return cmd
}

func newMachineRow(l machine.Listing) machineRow {
	m := l.Machine
	return machineRow{
		ID: m.Id, State: stateWord(m.State.String(), "MACHINE_STATE_"), GPUs: gpus(m.Facts), Slots: len(m.Facts.Slots),
		Free: l.FreeSlots, CPUs: m.Facts.CpuCores, MemoryMiB: m.Facts.MemoryMib, Country: m.Facts.Country,
		PricePerDay: m.PricePerDay, Listing: m.ListingVersion,
	}
}

func writeMachines(w io.Writer, rows []machineRow) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "No machine fits. --all shows those that are offline or rented out.")
		return
	}
	row(w, "MACHINE", "GPU", "FREE SLOTS", "CPU", "MEMORY", "PRICE PER SLOT AND DAY", "STATE")
	for _, r := range rows {
		row(w, r.ID, r.GPUs, fmt.Sprintf("%d of %d", len(r.Free), r.Slots), r.CPUs,
			fmt.Sprintf("%d MiB", r.MemoryMiB), client.FormatDBC(r.PricePerDay), r.State)
	}
}

// gpus is "2 × Test GPU", types in the order of the slots.
func gpus(facts machine.Facts) string {
	counts, order := map[string]uint32{}, []string(nil)
	for _, slot := range facts.Slots {
		if slot.GpuCount == 0 {
			continue
		}
		if counts[slot.GpuType] == 0 {
			order = append(order, slot.GpuType)
		}
		counts[slot.GpuType] += slot.GpuCount
	}
	if len(order) == 0 {
		return "none"
	}
	parts := make([]string, len(order))
	for i, name := range order {
		parts[i] = fmt.Sprintf("%d × %s", counts[name], client.Printable(name))
	}
	return strings.Join(parts, ", ")
}

// stateWord makes "trial" of RENTAL_STATE_TRIAL.
func stateWord(name, prefix string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", " "))
}
