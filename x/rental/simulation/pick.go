package simulation

import (
	"math/rand"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
	machinesim "github.com/dbc-network/dbc/x/machine/simulation"
	"github.com/dbc-network/dbc/x/rental"
	"github.com/dbc-network/dbc/x/rental/keeper"
)

// recent bounds how far back a rental is looked for: earlier ones are over.
const recent = 300

var refused = func() func(error) bool {
	ofRental := machinesim.IsRefusal(rental.ModuleName, rental.ErrInvariant)
	ofMachine := machinesim.IsRefusal(machine.ModuleName, machine.ErrInvariant)
	ofGuard := machinesim.IsRefusal(guard.ModuleName, guard.ErrInvalidParams)
	return func(err error) bool { return ofRental(err) || ofMachine(err) || ofGuard(err) }
}()

// pick returns one of the newer rentals that fit, starting at a random one.
func pick(ctx sdk.Context, r *rand.Rand, k keeper.Keeper, wanted func(rental.Rental) bool) (rental.Rental, bool) {
	next, err := k.NextID.Peek(ctx)
	if err != nil || next < 2 {
		return rental.Rental{}, false
	}
	first := max(1, int64(next)-recent)
	start := uint64(first + r.Int63n(int64(next)-first))
	for _, span := range []*collections.Range[uint64]{
		new(collections.Range[uint64]).StartInclusive(start),
		new(collections.Range[uint64]).StartInclusive(uint64(first)).EndExclusive(start),
	} {
		var found *rental.Rental
		err := k.Rentals.Walk(ctx, span, func(_ uint64, one rental.Rental) (bool, error) {
			if wanted(one) {
				found = &one
			}
			return found != nil, nil
		})
		if err == nil && found != nil {
			return *found, true
		}
	}
	return rental.Rental{}, false
}

func in(state rental.RentalState) func(rental.Rental) bool {
	return func(one rental.Rental) bool { return one.State == state }
}

func open(one rental.Rental) bool {
	return one.State == rental.RENTAL_STATE_TRIAL || one.State == rental.RENTAL_STATE_ACTIVE
}

// rarely drops a condition once in twenty times, so that messages which must be
// refused are sent as well.
func rarely(r *rand.Rand, wanted func(rental.Rental) bool) func(rental.Rental) bool {
	if r.Intn(20) == 0 {
		return func(rental.Rental) bool { return true }
	}
	return wanted
}

// named returns which rental a message is for, by one of its names or both.
func named(r *rand.Rand, one rental.Rental) (id uint64, machineID string) {
	switch r.Intn(4) {
	case 0:
		return 0, one.MachineId
	case 1:
		return one.Id, one.MachineId
	default:
		return one.Id, ""
	}
}

func someone(r *rand.Rand, accounts []simulation.Account) string {
	return accounts[r.Intn(len(accounts))].Address.String()
}
