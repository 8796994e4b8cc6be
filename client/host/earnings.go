package host

import (
	"context"
	"slices"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/rental"
)

// pageSize is what one call of a listing asks for.
const pageSize = 100

// Books is what the earnings are read from; *chain.Client is one.
type Books interface {
	RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error)
	Explain(ctx context.Context, id uint64) (*rental.QueryExplainResponse, error)
}

// Earning is one rental as the host sees its money, all in udbc.
type Earning struct {
	Rental rental.Rental
	// Earned so far, of which Claimed went to payout and Unclaimed can.
	Earned, Claimed, Unclaimed uint64
	// Waiting says why a rental that is over is not settled; see the query Explain.
	Waiting string
}

// Claimable is true where ClaimRent would pay: what is over is paid without it.
func (e Earning) Claimable() bool {
	return e.Rental.State == rental.RENTAL_STATE_ACTIVE && e.Unclaimed > 0
}

// Earnings are those of a machine's rentals that the chain still knows, newest
// first. Rent accrues meanwhile, so two of them may be a block apart.
func Earnings(ctx context.Context, books Books, machineID string) ([]Earning, error) {
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

// earning asks only for what can still change: a settled rental was paid all
// that it earned.
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

// Claims are the messages that claim what the earnings say can be claimed, as
// many rentals in each as the chain takes.
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
