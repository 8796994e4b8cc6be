package earnings_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chain/earnings"
	"github.com/dbc-network/dbc/x/rental"
)

// books has the rentals 1 to n: every third is settled, one is over and waits
// for a challenge, the others are open.
type books struct {
	n         uint64
	explained int
}

func (b *books) rental(id uint64) rental.Rental {
	r := rental.Rental{Id: id, State: rental.RENTAL_STATE_ACTIVE, Paid: 1000, Claimed: 10, Segments: []rental.Segment{{Rent: 1000}}}
	switch {
	case id%3 == 0:
		r.State, r.Segments, r.Claimed = rental.RENTAL_STATE_ENDED, nil, 1000
	case id == 2:
		r.State = rental.RENTAL_STATE_ENDED
	}
	return r
}

func (b *books) RentalsByMachine(
	_ context.Context, req rental.QueryRentalsByMachineRequest,
) (*rental.QueryRentalsByMachineResponse, error) {
	from := uint64(1)
	if len(req.Pagination.Key) > 0 {
		from = binary.BigEndian.Uint64(req.Pagination.Key)
	}
	res := &rental.QueryRentalsByMachineResponse{Pagination: &query.PageResponse{}}
	for id := from; id <= b.n && id < from+req.Pagination.Limit; id++ {
		res.Rentals = append(res.Rentals, b.rental(id))
	}
	if next := from + req.Pagination.Limit; next <= b.n {
		res.Pagination.NextKey = binary.BigEndian.AppendUint64(nil, next)
	}
	return res, nil
}

func (b *books) Explain(_ context.Context, id uint64) (*rental.QueryExplainResponse, error) {
	b.explained++
	res := &rental.QueryExplainResponse{Rental: b.rental(id), Earned: 25, Unclaimed: 15}
	if id == 2 {
		res.Waiting = "challenge"
	}
	if res.Rental.Settled() {
		return nil, fmt.Errorf("rental %d is settled: %w", id, chain.ErrNotFound)
	}
	return res, nil
}

func TestEarnings(t *testing.T) {
	t.Parallel()
	b := &books{n: 451}
	all, err := earnings.Read(t.Context(), b, "")
	if err != nil || len(all) != 451 {
		t.Fatalf("%d rentals, %v", len(all), err)
	}
	if b.explained != 451-150 {
		t.Errorf("%d rentals were asked for one by one", b.explained)
	}
	for i, want := range map[int]earnings.Earning{
		0: {Earned: 25, Claimed: 10, Unclaimed: 15},
		1: {Earned: 25, Claimed: 10, Unclaimed: 15, Waiting: "challenge"},
		2: {Earned: 1000, Claimed: 1000},
	} {
		got := all[i]
		if got.Earned != want.Earned || got.Claimed != want.Claimed || got.Unclaimed != want.Unclaimed || got.Waiting != want.Waiting {
			t.Errorf("rental %d: %+v", i+1, got)
		}
	}
}

func TestClaimsInBatches(t *testing.T) {
	t.Parallel()
	all, err := earnings.Read(t.Context(), &books{n: 451}, "")
	if err != nil {
		t.Fatal(err)
	}
	msgs := earnings.Claims("dbc1host", all)
	seen := map[uint64]bool{}
	for i, msg := range msgs {
		if len(msg.RentIds) > rental.MaxClaims || msg.Signer != "dbc1host" || i < len(msgs)-1 && len(msg.RentIds) != rental.MaxClaims {
			t.Errorf("message %d has %d rentals, signer %s", i, len(msg.RentIds), msg.Signer)
		}
		for _, id := range msg.RentIds {
			if seen[id] || id%3 == 0 || id == 2 {
				t.Errorf("rental %d is claimed twice or has nothing to claim", id)
			}
			seen[id] = true
		}
	}
	if len(seen) != 300 || len(msgs) != 3 {
		t.Errorf("%d rentals in %d messages", len(seen), len(msgs))
	}
	if msgs := earnings.Claims("dbc1host", nil); len(msgs) != 0 {
		t.Errorf("%d messages for nothing", len(msgs))
	}
}
