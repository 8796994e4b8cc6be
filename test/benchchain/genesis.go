package main

import (
	"slices"
	"time"

	"github.com/dbc-network/dbc/test/crowd"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const long = 30 * 24 * time.Hour

// endOf returns when the rentals of a stage end. None end at stage 0.
func endOf(stage int) time.Time { return begin.Add(time.Duration(stage+1) * 10 * time.Hour) }

// bonds returns online machines with two GPUs.
func (w *world) bonds(n int) (*machine.GenesisState, error) {
	gs := machine.DefaultGenesis()
	for i := range n {
		m := crowd.Plain(i)
		gs.Machines = append(gs.Machines, m)
		w.machines = append(w.machines, m.Id)
	}
	return gs, gs.Validate()
}

// rentals returns one confirmed rental of one slot per machine, those of each
// stage of due ones first.
func (w *world) rentals(machines []machine.Machine) *rental.GenesisState {
	gs := rental.DefaultGenesis()
	var ends []time.Time
	for stage, n := range w.due {
		ends = append(ends, slices.Repeat([]time.Time{endOf(stage + 1)}, n)...)
	}
	for i, m := range machines {
		end := begin.Add(long)
		if i < len(ends) {
			end = ends[i]
		}
		renter := addressOf(w.renters[i%len(w.renters)]).String()
		gs.Rentals = append(gs.Rentals, crowd.Rent(uint64(i+1), renter, m, []uint32{0}, begin, end))
	}
	gs.NextRentId = uint64(len(machines) + 1)
	return gs
}
