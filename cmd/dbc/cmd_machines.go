package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

type machineRow struct {
	ID          string   `json:"machine_id"`
	State       string   `json:"state"`
	GPUs        []gpuRow `json:"gpus"`
	GPUCount    uint64   `json:"gpu_count"`
	VRAMMiB     uint64   `json:"vram_mib"`
	Slots       int      `json:"slots"`
	Free        []uint32 `json:"free_slots"`
	CPUs        uint32   `json:"cpu_cores"`
	MemoryMiB   uint64   `json:"memory_mib"`
	Country     string   `json:"country,omitempty"`
	PricePerDay uint64   `json:"price_per_slot_and_day_udbc"`
	Notice      uint64   `json:"exit_notice_seconds"`
	Listing     uint64   `json:"listing_version"`
}

func newMachinesCommand(s *settings) *cobra.Command {
	var (
		f                   machineFilter
		maxPrice, maxNotice string
	)
	cmd := &cobra.Command{
		Use:   "machines",
		Short: "List machines that can be rented now",
		Long: "The client node's index answers, and the chain where none runs or --node is direct.\n" +
			"--sort takes " + sortWords() + ", with a minus for the greatest first. The exit notice is how long a renter who\n" +
			"leaves still pays; with none, confirmed rent does not come back.",
		Example: "  dbc machines\n  dbc machines --gpu \"RTX 4090\" --slots 2 --max-price 50\n" +
			"  dbc machines --min-vram 24 --max-notice 1d --sort -vram\n  dbc machines --all --json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if maxPrice != "" {
				if f.maxPrice, err = client.ParseDBC(maxPrice); err != nil {
					return fmt.Errorf("--max-price %w", err)
				}
			}
			if maxNotice != "" {
				if f.maxNotice, err = parseMaxNotice(maxNotice); err != nil {
					return err
				}
			}
			if cmd.Flags().Changed("country") {
				if f.country, err = country(f.country); err != nil {
					return err
				}
			}
			if err := f.check(); err != nil {
				return err
			}
			rows, err := findMachines(s, cmd, f)
			if err != nil {
				return err
			}
			if len(rows) == 0 && !s.json {
				return sayNoneFits(s, cmd, f)
			}
			return s.show(cmd, rows, func(w io.Writer) { writeMachines(w, rows) })
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.gpus, "gpu", nil, "only machines with this GPU type; given again, with any of them")
	flags.StringVar(&f.country, "country", "", "only machines in this country, such as DE")
	flags.Uint32Var(&f.slots, "slots", 0, "only machines with so many free slots")
	flags.StringVar(&maxPrice, "max-price", "", "at most so many DBC for a slot and day")
	flags.StringVar(&maxNotice, "max-notice", "", maxNoticeUsage)
	flags.Uint64Var(&f.vramGiB, "min-vram", 0, "at least so many GiB of memory on every GPU")
	flags.Uint32Var(&f.cpus, "min-cpus", 0, "at least so many CPU cores")
	flags.Uint64Var(&f.memoryGiB, "min-memory", 0, "at least so many GiB of memory")
	flags.StringVar(&f.sort, "sort", "price", "order of the list")
	flags.BoolVar(&f.all, "all", false, "also those that are offline or rented out")
	flags.Uint32Var(&f.limit, "limit", 50, "at most so many, 1-500")
	return cmd
}

// sayNoneFits says what stands in the way, and what there is instead: a misspelt type
// of GPU fits nothing.
func sayNoneFits(s *settings, cmd *cobra.Command, f machineFilter) error {
	rows, err := findMachines(s, cmd, machineFilter{sort: "price", limit: maxMachines, all: true})
	if err != nil {
		return err
	}
	said := upFilter{machineFilter: f}.noneFits(rows).Error()
	return s.show(cmd, nil, func(w io.Writer) { fmt.Fprintln(w, strings.ToUpper(said[:1])+said[1:]+".") })
}

func writeMachines(w io.Writer, rows []machineRow) {
	row(w, "MACHINE", "GPU", "FREE SLOTS", "CPU", "MEMORY", "PRICE PER SLOT AND DAY", "EXIT NOTICE", "STATE")
	for _, r := range rows {
		row(w, client.Printable(r.ID), gpuCounts(r.GPUs), fmt.Sprintf("%d of %d", len(r.Free), r.Slots), r.CPUs,
			fmt.Sprintf("%d MiB", r.MemoryMiB), client.FormatDBC(r.PricePerDay), noticeWord(r.Notice), client.Printable(r.State))
	}
}

// gpuRow is how many GPUs of a type a machine has; a machine without any has no row.
type gpuRow struct {
	// Kind is gpu, or test for simulated ones.
	Kind  string `json:"kind"`
	Type  string `json:"gpu_type"`
	Count uint32 `json:"gpu_count"`
	// VRAMMiB is that of the smallest one.
	VRAMMiB uint64 `json:"vram_mib"`
}

// addGPUs counts a slot's GPUs, with types in order of appearance.
func addGPUs(rows []gpuRow, slot gpuRow) []gpuRow {
	if slot.Count == 0 {
		return rows
	}
	for i, r := range rows {
		if r.Type == slot.Type && r.Kind == slot.Kind {
			rows[i].Count, rows[i].VRAMMiB = r.Count+slot.Count, min(r.VRAMMiB, slot.VRAMMiB)
			return rows
		}
	}
	return append(rows, slot)
}

// gpuCounts returns "2 × Test GPU", or none.
func gpuCounts(rows []gpuRow) string {
	if len(rows) == 0 {
		return "none"
	}
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = fmt.Sprintf("%d × %s", r.Count, client.Printable(r.Type))
	}
	return strings.Join(parts, ", ")
}

// stateWord turns RENTAL_STATE_TRIAL into "trial".
func stateWord(name, prefix string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", " "))
}
