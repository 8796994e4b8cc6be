package simulation

import (
	"time"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	machinesim "github.com/dbc-network/dbc/x/machine/simulation"
	"github.com/dbc-network/dbc/x/rental"
	"github.com/dbc-network/dbc/x/rental/keeper"
)

// BreakRental breaks an open rental, by the machine's owner or by its renter.
func BreakRental(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgBreakRental, bool) {
		r := data.Rand().Rand
		one, ok := pick(ctx, r, k, rarely(r, open))
		if !ok {
			return "", nil, false
		}
		m, err := k.Machine(ctx, one.MachineId)
		signer := one.Renter
		if r.Intn(5) < 2 {
			signer = m.Owner
		}
		return signer, &rental.MsgBreakRental{Signer: signer, RentId: one.Id}, err == nil
	})
}

// ClaimRent claims up to three rentals of one host.
func ClaimRent(k keeper.Keeper) simsx.SimMsgFactoryX {
	return machinesim.Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *rental.MsgClaimRent, bool) {
		r := data.Rand().Rand
		first, ok := pick(ctx, r, k, rarely(r, in(rental.RENTAL_STATE_ACTIVE)))
		if !ok {
			return "", nil, false
		}
		m, err := k.Machine(ctx, first.MachineId)
		if err != nil {
			return "", nil, false
		}
		msg := &rental.MsgClaimRent{Signer: []string{m.Owner, m.Operator, m.Payout}[r.Intn(3)], RentIds: []uint64{first.Id}}
		for range r.Intn(3) {
			other, found := pick(ctx, r, k, func(one rental.Rental) bool { return one.MachineId == first.MachineId })
			if found {
				msg.RentIds = append(msg.RentIds, other.Id)
			}
		}
		return msg.Signer, msg, true
	})
}

const day = 24 * time.Hour

// BreakByGovernance is a proposal to governance.
func BreakByGovernance(k keeper.Keeper) simsx.SimMsgFactoryFn[*rental.MsgBreakRental] {
	return machinesim.Proposal(func(ctx sdk.Context, data *simsx.ChainDataSource, authority string) (*rental.MsgBreakRental, bool) {
		one, ok := pick(ctx, data.Rand().Rand, k, func(one rental.Rental) bool {
			return one.State == rental.RENTAL_STATE_ACTIVE && one.End.Sub(ctx.BlockTime()) > day // voting takes time
		})
		return &rental.MsgBreakRental{Signer: authority, RentId: one.Id}, ok
	})
}

// UpdateParams is a proposal to governance.
func UpdateParams() simsx.SimMsgFactoryFn[*rental.MsgUpdateParams] {
	return machinesim.Proposal(func(_ sdk.Context, data *simsx.ChainDataSource, authority string) (*rental.MsgUpdateParams, bool) {
		return &rental.MsgUpdateParams{Authority: authority, Params: RandomParams(data.Rand().Rand)}, true
	})
}
