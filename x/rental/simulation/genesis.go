// Package simulation lets the SDK's simulator lead random lives of rentals:
// random parameters, and every message of the module.
package simulation

import (
	"math/rand"
	"time"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/dbc-network/dbc/x/rental"
)

// RandomParams fit the simulator's blocks, which lie 5,000 to 10,000 seconds
// apart: trials and rentals live through some of them.
func RandomParams(r *rand.Rand) rental.Params {
	p := rental.DefaultParams()
	p.Fee = uint64(r.Int63n(20_000_000))
	p.TrialFeeRatioBps = uint32(r.Intn(2) * r.Intn(10_001))
	p.TrialWindow = seconds(r, 60, 40_000)
	p.DurationUnit = seconds(r, 1, 7_200)
	p.MinDuration = p.DurationUnit * time.Duration(1+r.Intn(4))
	p.MaxDuration = p.MinDuration * time.Duration(1+r.Intn(200))
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

// RandomGenesis has random parameters and no rentals; the simulator makes
// those, and goes on from a state that was exported in the middle of them.
func RandomGenesis(state *module.SimulationState) {
	gs := rental.GenesisState{Params: RandomParams(state.Rand), NextRentId: 1 + uint64(state.Rand.Intn(1000))}
	state.GenState[rental.ModuleName] = state.Cdc.MustMarshalJSON(&gs)
}
