// Package simulation lets the SDK's simulator run random lives of rentals:
// random parameters and genesis states, and every message of the module.
package simulation

import (
	"math/rand"
	"time"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/dbc-network/dbc/x/machine"
	machinesim "github.com/dbc-network/dbc/x/machine/simulation"
	"github.com/dbc-network/dbc/x/rental"
)

// RandomParams fit the simulator's blocks, which are 5,000 to 10,000 seconds
// apart: trials and rentals outlast some of them.
func RandomParams(r *rand.Rand) rental.Params {
	p := rental.DefaultParams()
	p.Fee = uint64(r.Int63n(20_000_000))
	p.TrialFeeRatioBps = uint32(r.Intn(2) * r.Intn(10_001))
	p.TrialWindow = seconds(r, 60, 40_000)
	p.DurationUnit = seconds(r, 1, 7_200)
	p.MinDuration = p.DurationUnit * time.Duration(1+r.Intn(4))
	p.MaxDuration = p.MinDuration * time.Duration(1+r.Intn(200))
	for p.MaxDuration < 2*day { // or no rental would outlast a few blocks
		p.MaxDuration *= 2
	}
	p.MaxSegments = uint32(1 + r.Intn(32))
	p.MaxOpenTrials = uint32(1 + r.Intn(5))
	p.TrialCooldown = seconds(r, 0, 50_000)
	p.MaxOutage = seconds(r, 1, 20_000)
	p.MinPenalty = uint64(r.Int63n(20_000_000))
	p.PenaltyRatioBps = uint32(r.Intn(10_001))
	p.MaxDuePerBlock = uint32(1 + r.Intn(100))
	p.History = seconds(r, 0, 500_000)
	p.MaxPrunePerBlock = uint32(1 + r.Intn(20))
	return p
}

func seconds(r *rand.Rand, least, most int) time.Duration {
	return time.Duration(simulation.RandIntBetween(r, least, most+1)) * time.Second
}

// RandomGenesis has random parameters, and trials and active rentals on some of
// the machines of x/machine's genesis, which must already exist, with their
// rent in escrow.
func RandomGenesis(state *module.SimulationState) {
	r := state.Rand
	gs := rental.GenesisState{Params: RandomParams(r), NextRentId: 1 + uint64(r.Intn(1000))}
	var machines machine.GenesisState
	state.Cdc.MustUnmarshalJSON(state.GenState[machine.ModuleName], &machines)
	escrow := uint64(0)
	for _, m := range machines.Machines {
		if m.State != machine.MACHINE_STATE_ONLINE && m.State != machine.MACHINE_STATE_OFFLINE {
			continue
		}
		for slot := range m.Whole() {
			if r.Intn(2) == 0 {
				continue
			}
			one := randomRental(state, gs.NextRentId, m, slot)
			gs.NextRentId++
			gs.Rentals = append(gs.Rentals, one)
			rent, fee := one.Escrowed()
			escrow += rent + fee
		}
	}
	state.GenState[rental.ModuleName] = state.Cdc.MustMarshalJSON(&gs)
	machinesim.Fund(state, rental.ModuleName, escrow)
}

// randomRental returns one that began within the hour before genesis.
func randomRental(state *module.SimulationState, id uint64, m machine.Machine, slot uint32) rental.Rental {
	r := state.Rand
	start := state.GenTimestamp.Add(-seconds(r, 0, 3_600)).UTC()
	end := start.Add(time.Hour + seconds(r, 1, 200_000))
	one := rental.Rental{
		Id: id, Renter: someone(r, state.Accounts), MachineId: m.Id, Slots: []uint32{slot}, State: rental.RENTAL_STATE_TRIAL,
		Start: start, End: end, Deadline: start.Add(time.Hour), Paid: 1 + uint64(r.Int63n(100_000_000)), Fee: uint64(r.Int63n(20_000_000)),
		ExitNoticeSeconds: m.ExitNoticeSeconds,
		PenaltyTerms:      rental.PenaltyTerms{StakeShare: m.Stake / uint64(m.Whole()), MinPenalty: uint64(r.Int63n(20_000_000)), RatioBps: uint32(r.Intn(10_001))},
		Transitions:       []rental.Transition{{Time: start, To: rental.RENTAL_STATE_TRIAL, Reason: rental.REASON_RENTED}},
	}
	one.Segments = []rental.Segment{{Start: start, End: end, Rent: one.Paid}}
	if r.Intn(3) > 0 {
		one.State = rental.RENTAL_STATE_ACTIVE
		one.Transitions = append(one.Transitions, rental.Transition{
			Time: start, From: rental.RENTAL_STATE_TRIAL, To: rental.RENTAL_STATE_ACTIVE, Reason: rental.REASON_CONFIRMED,
		})
	}
	return one
}
