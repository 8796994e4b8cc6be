package books_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/books"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// ledger has one settled and one open rental.
type ledger struct {
	fail   error
	earned uint64
}

func (l *ledger) Machine(context.Context, string) (machine.Listing, error) {
	return machine.Listing{Machine: machine.Machine{Stake: 900, StakeRequired: 1000}}, l.fail
}

func (l *ledger) RentalsByMachine(context.Context, rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error) {
	return &rental.QueryRentalsByMachineResponse{Rentals: []rental.Rental{
		{Id: 1, State: rental.RENTAL_STATE_ENDED, Claimed: 7}, {Id: 2, State: rental.RENTAL_STATE_ACTIVE, Segments: []rental.Segment{{Rent: 100}}},
	}}, nil
}

func (l *ledger) Explain(context.Context, uint64) (*rental.QueryExplainResponse, error) {
	return &rental.QueryExplainResponse{Rental: rental.Rental{Id: 2, Claimed: 10}, Earned: l.earned, Unclaimed: l.earned - 10}, nil
}

// TestSums: they follow the chain; while it is away the old ones stay, with their time.
func TestSums(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		from := &ledger{earned: 30}
		loop := books.New(from, "m", slog.New(slog.DiscardHandler))
		if loop.Sums() != (books.Sums{}) {
			t.Errorf("before the first look: %+v", loop.Sums())
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- loop.Run(ctx) }()
		pass := func(d time.Duration) {
			time.Sleep(d) //nolint:forbidigo // made-up time of a synctest bubble
			synctest.Wait()
		}
		pass(0)
		first := books.Sums{Read: time.Now(), Stake: 900, Required: 1000, Earned: 37, Claimed: 17, Unclaimed: 20}
		if loop.Sums() != first {
			t.Errorf("%+v, want %+v", loop.Sums(), first)
		}
		from.earned, from.fail = 50, errors.New("away")
		pass(6 * time.Minute)
		if loop.Sums() != first {
			t.Errorf("away: %+v", loop.Sums())
		}
		from.fail = nil
		pass(time.Minute)
		if s := loop.Sums(); s.Earned != 57 || s.Unclaimed != 40 || !s.Read.After(first.Read) {
			t.Errorf("later: %+v", s)
		}
		from.fail = chain.ErrNotFound
		pass(10 * time.Minute)
		if s := loop.Sums(); s.Stake != 0 || s.Read.IsZero() {
			t.Errorf("not bonded: %+v", s)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
