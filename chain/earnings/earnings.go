// Package earnings reads what a machine earned from the chain.
package earnings

import (
	"context"
	"slices"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/rental"
)

// pageSize is the number of entries requested per page.
const pageSize = 100

// Books is the source of the earnings; *chain.Client implements it.
type Books interface {
	RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error)
	Explain(ctx context.Context, id uint64) (*rental.QueryExplainResponse, error)
}

// Earning is the money of one rental from the host's view, in udbc.
type Earning struct {
	Rental rental.Rental
	// Earned is the amount so far. Claimed of it was paid to payout, Unclaimed
	// can be claimed.
	Earned, Claimed, Unclaimed uint64
	// Waiting says why a rental that is over is not settled yet; see the query
	// Explain.
	Waiting string
}

// Claimable reports whether ClaimRent would pay anything. Rentals that are over
// are paid without it.
func (e Earning) Claimable() bool {
	return e.Rental.State == rental.RENTAL_STATE_ACTIVE && e.Unclaimed > 0
}

// Read returns those of all rentals of a machine that the chain still
// knows, newest first. Rent accrues meanwhile, so two entries may be from
// different blocks.
func Read(ctx context.Context, books Books, machineID string) ([]Earning, error) {
	var all []Earning
	page := &query.PageRequest{Limit: pageSize}
	for {
		res, err := books.RentalsByMachine(ctx, rental.QueryRentalsByMachineRequest{MachineId: machineID, Pagination: page})
		if err != nil {
			return nil, err
		}
		for _, r := range res.Rentals {
			e, err := earning(ctx, books, r)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
		if res.Pagination == nil || len(res.Pagination.NextKey) == 0 {
			return all, nil
		}
		page = &query.PageRequest{Key: res.Pagination.NextKey, Limit: pageSize}
	}
}

// earning queries only what can still change: a settled rental has been paid
// everything it earned.
func earning(ctx context.Context, books Books, r rental.Rental) (Earning, error) {
	if r.Settled() {
		return Earning{Rental: r, Earned: r.Claimed, Claimed: r.Claimed}, nil
	}
	res, err := books.Explain(ctx, r.Id)
	if err != nil {
		return Earning{}, err
	}
	return Earning{
		Rental: res.Rental, Earned: res.Earned, Claimed: res.Rental.Claimed, Unclaimed: res.Unclaimed, Waiting: res.Waiting,
	}, nil
}

// Claims returns messages that claim all claimable rent, each with as many
// rentals as the chain accepts.
func Claims(signer string, earnings []Earning) []*rental.MsgClaimRent {
	var ids []uint64
	for _, e := range earnings {
		if e.Claimable() {
			ids = append(ids, e.Rental.Id)
		}
	}
	var msgs []*rental.MsgClaimRent
	for batch := range slices.Chunk(ids, rental.MaxClaims) {
		msgs = append(msgs, &rental.MsgClaimRent{Signer: signer, RentIds: batch})
	}
	return msgs
}
