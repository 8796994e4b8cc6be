package simulation

import (
	"math/rand"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/machine/keeper"
)

// pick returns a random one of the machines that fit.
func pick(ctx sdk.Context, r *rand.Rand, k *keeper.Keeper, wanted func(machine.Machine) bool) (machine.Machine, bool) {
	for _, i := range r.Perm(Nodes) {
		m, err := k.GetMachine(ctx, nodes[i].ID)
		if err == nil && wanted(m) {
			return m, true
		}
	}
	return machine.Machine{}, false
}

// beside returns up to three machines that fit and have the first one's operator.
func beside(ctx sdk.Context, r *rand.Rand, k *keeper.Keeper, wanted func(machine.Machine) bool) []machine.Machine {
	var some []machine.Machine
	for _, i := range r.Perm(Nodes) {
		m, err := k.GetMachine(ctx, nodes[i].ID)
		if err != nil || !wanted(m) || len(some) > 0 && some[0].Operator != m.Operator {
			continue
		}
		if some = append(some, m); len(some) > r.Intn(3) {
			break
		}
	}
	return some
}

func anyMachine(machine.Machine) bool { return true }

func listed(m machine.Machine) bool { return m.State != machine.MACHINE_STATE_RETIRED }

func retired(m machine.Machine) bool { return !listed(m) }

func online(m machine.Machine) bool { return m.State == machine.MACHINE_STATE_ONLINE }

// rarely drops a condition once in twenty times, so that messages which must be
// refused are sent as well.
func rarely(r *rand.Rand, wanted func(machine.Machine) bool) func(machine.Machine) bool {
	if r.Intn(20) == 0 {
		return anyMachine
	}
	return wanted
}

func expiry(ctx sdk.Context) int64 { return ctx.BlockTime().Add(time.Hour).Unix() }
