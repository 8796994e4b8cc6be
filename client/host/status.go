package host

import (
	"context"
	"errors"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// Status is the state of a machine on the chain, for its host.
type Status struct {
	Height  int64
	Time    time.Time
	Listing machine.Listing
	// Challenges are the open challenges, oldest first.
	Challenges []machine.Challenge
	Rentals    []rental.Rental
	// WithdrawableAt is when a retired machine's stake can be withdrawn.
	WithdrawableAt time.Time
}

// ReadStatus queries all of it from the chain. The queries run one after the
// other, so the listing and the rentals may be one block apart.
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

// withdrawableAt follows the chain's rule: it counts from the retirement or the
// end of the last rental, whichever is later.
func withdrawableAt(m machine.Machine, params machine.Params) time.Time {
	from := *m.RetiredAt
	if m.LastRentalEnd != nil && m.LastRentalEnd.After(from) {
		from = *m.LastRentalEnd
	}
	return from.Add(params.UnbondingTime)
}

// openChallenges returns a machine's challenges, without those closed in the
// meantime.
func openChallenges(ctx context.Context, c *chain.Client, m machine.Machine) ([]machine.Challenge, error) {
	var open []machine.Challenge
	for _, id := range m.OpenChallenges {
		asked, err := c.Challenge(ctx, id)
		switch {
		case err == nil:
			open = append(open, asked)
		case !errors.Is(err, chain.ErrNotFound):
			return nil, err
		}
	}
	return open, nil
}
