package simulation

import (
	"math/rand"
	"time"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	machinesim "github.com/dbc-network/dbc/x/machine/simulation"
	"github.com/dbc-network/dbc/x/rental"
	"github.com/dbc-network/dbc/x/rental/keeper"
)

// dear is a price, in udbc, that hardly anybody can pay.
const dear = 50_000_000_000

// RentMachine rents what a quote says can be rented, for exactly that price;
// once in twenty times it asks for anything.
func RentMachine(k keeper.Keeper) simsx.SimMsgFactoryX {
	quotes, ids := keeper.NewQueryServer(k), machinesim.IDs()
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgRentMachine, bool) {
		r := data.Rand().Rand
		params, err := k.Params.Get(ctx)
		if err != nil {
			return "", nil, false
		}
		renter, blind := someone(r, data.AllAccounts()), r.Intn(20) == 0
		for _, i := range r.Perm(len(ids)) {
			msg := &rental.MsgRentMachine{
				Renter: renter, MachineId: ids[i], DurationSeconds: length(r, params.MinDuration, params.MaxDuration, params.DurationUnit), Slots: uint32(r.Intn(3)),
			}
			if blind {
				return renter, msg, true
			}
			quote, err := quotes.Quote(ctx, &rental.QueryQuoteRequest{MachineId: msg.MachineId, DurationSeconds: msg.DurationSeconds, Slots: msg.Slots})
			if err == nil && quote.Total < dear {
				msg.MaxTotal, msg.ListingVersion = quote.Total, quote.ListingVersion
				return renter, msg, true
			}
		}
		return "", nil, false
	})
}

// length is mostly a short one, so that rentals end during the simulation. All
// are multiples of unit.
func length(r *rand.Rand, least, most, unit time.Duration) uint64 {
	units := max(0, int64((most-least)/unit))
	if r.Intn(3) != 0 {
		units = min(units, int64(100_000*time.Second/unit))
	}
	return uint64((least + time.Duration(r.Int63n(units+1))*unit) / time.Second)
}

// ConfirmRent confirms a trial.
func ConfirmRent(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgConfirmRent, bool) {
		r := data.Rand().Rand
		one, ok := pick(ctx, r, k, rarely(r, in(rental.RENTAL_STATE_TRIAL)))
		id, machineID := named(r, one)
		return one.Renter, &rental.MsgConfirmRent{Renter: one.Renter, RentId: id, MachineId: machineID}, ok
	})
}

// CancelRent cancels a trial.
func CancelRent(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgCancelRent, bool) {
		r := data.Rand().Rand
		one, ok := pick(ctx, r, k, rarely(r, in(rental.RENTAL_STATE_TRIAL)))
		id, machineID := named(r, one)
		cause := rental.Cause(r.Intn(len(rental.Cause_name)))
		return one.Renter, &rental.MsgCancelRent{Renter: one.Renter, RentId: id, MachineId: machineID, Cause: cause}, ok
	})
}

// LeaveRental leaves an active rental, mostly one that can be left.
func LeaveRental(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgLeaveRental, bool) {
		r := data.Rand().Rand
		one, ok := pick(ctx, r, k, rarely(r, func(one rental.Rental) bool {
			return one.State == rental.RENTAL_STATE_ACTIVE && one.ExitNoticeSeconds > 0
		}))
		id, machineID := named(r, one)
		return one.Renter, &rental.MsgLeaveRental{Renter: one.Renter, RentId: id, MachineId: machineID}, ok
	})
}

// ReletMachine renews an active rental for exactly what a quote says.
func ReletMachine(k keeper.Keeper) simsx.SimMsgFactoryX {
	quotes := keeper.NewQueryServer(k)
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgReletMachine, bool) {
		r := data.Rand().Rand
		params, err := k.Params.Get(ctx)
		if err != nil {
			return "", nil, false
		}
		one, ok := pick(ctx, r, k, rarely(r, in(rental.RENTAL_STATE_ACTIVE)))
		id, machineID := named(r, one)
		unit := params.DurationUnit
		msg := &rental.MsgReletMachine{
			Renter: one.Renter, RentId: id, MachineId: machineID, AddDurationSeconds: length(r, unit, ctx.BlockTime().Add(params.MaxDuration).Sub(one.End).Truncate(unit), unit),
		}
		quote, err := quotes.Quote(ctx, &rental.QueryQuoteRequest{RentId: one.Id, DurationSeconds: msg.AddDurationSeconds})
		if err == nil {
			msg.MaxTotal, msg.ListingVersion = quote.Total, quote.ListingVersion
		}
		return one.Renter, msg, ok
	})
}
