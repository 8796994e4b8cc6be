package host

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// Status is what the chain says of a machine to its host.
type Status struct {
	Height  int64
	Time    time.Time
	Listing machine.Listing
	// Challenges are the open ones, oldest first.
	Challenges []machine.Challenge
	Rentals    []rental.Rental
	// WithdrawableAt is when a retired machine's stake can be taken back.
	WithdrawableAt time.Time
}

// ReadStatus asks the chain for all of it. The questions come one after the
// other, so a block may lie between the listing and the rentals.
func ReadStatus(ctx context.Context, c *chain.Client, machineID string) (Status, error) {
	listed, err := c.Machine(ctx, machineID)
	if err != nil {
		return Status{}, err
	}
	view, err := c.OpenRentals(ctx, machineID)
	if err != nil {
		return Status{}, err
	}
	s := Status{Height: view.Height, Time: view.Time, Listing: listed, Rentals: view.Rentals}
	if s.Challenges, err = openChallenges(ctx, c, listed.Machine); err != nil {
		return Status{}, err
	}
	if listed.Machine.RetiredAt != nil {
		params, err := c.MachineParams(ctx)
		if err != nil {
			return Status{}, err
		}
		s.WithdrawableAt = withdrawableAt(listed.Machine, params)
	}
	return s, nil
}

// withdrawableAt counts as the chain does, from the later of retirement and
// the last rental's end.
func withdrawableAt(m machine.Machine, params machine.Params) time.Time {
	from := *m.RetiredAt
	if m.LastRentalEnd != nil && m.LastRentalEnd.After(from) {
		from = *m.LastRentalEnd
	}
	return from.Add(params.UnbondingTime)
}
