package trust_test

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

var (
	genesis = [32]byte{1}
	binding = names.Binding{
		ChainID: "dbc-devnet-1", GenesisHash: hex.EncodeToString(genesis[:]), MachineID: strings.Repeat("ab", 32),
	}
)

// dbcd is a chain that reports what it is told to.
type dbcd struct {
	head chain.Head
	view chain.View
	one  map[uint64]xrental.Rental
	err  error
}

func (d *dbcd) Head(context.Context) (chain.Head, error) { return d.head, d.err }

func (d *dbcd) OpenRentals(context.Context, string) (chain.View, error) { return d.view, d.err }

func (d *dbcd) Rental(_ context.Context, id uint64) (xrental.Rental, error) {
	if r, ok := d.one[id]; ok {
		return r, nil
	}
	return xrental.Rental{}, chain.ErrNotFound
}

func (d *dbcd) Machine(context.Context, string) (machine.Listing, error) {
	return machine.Listing{}, d.err
}

// block moves the chain to a height with the current time.
func (d *dbcd) block(height int64) {
	d.head.Height, d.head.Time = height, time.Now()
	d.view.Height, d.view.Time = height, time.Now()
}

func follow(t *testing.T, path string) (*trust.Chain, *dbcd) {
	t.Helper()
	j, err := journal.Open(path, binding)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	d := &dbcd{head: chain.Head{ChainID: binding.ChainID, GenesisHash: genesis}, one: map[uint64]xrental.Rental{}}
	d.block(10)
	c, err := trust.New(binding, d, j, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c, d
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(d *dbcd)
		want  error
	}{
		"all is well":    {func(d *dbcd) { d.block(11) }, nil},
		"same block":     {func(*dbcd) {}, nil},
		"other chain":    {func(d *dbcd) { d.head.ChainID = "dbc-devnet-2" }, trust.ErrOtherChain},
		"other genesis":  {func(d *dbcd) { d.head.GenesisHash[0]++ }, trust.ErrOtherChain},
		"falling":        {func(d *dbcd) { d.block(9) }, trust.ErrFalling},
		"falling view":   {func(d *dbcd) { d.block(12); d.view.Height = 9 }, trust.ErrFalling},
		"old block":      {func(d *dbcd) { d.view.Time = time.Now().Add(-61 * time.Second) }, trust.ErrSilent},
		"block of later": {func(d *dbcd) { d.view.Time = time.Now().Add(61 * time.Second) }, trust.ErrSilent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal.db")
			synctest.Test(t, func(t *testing.T) {
				follower, d := follow(t, path)
				if word := follower.Word(); !errors.Is(word.Doubt, trust.ErrDoubt) {
					t.Errorf("before the first word: %v", word.Doubt)
				}
				if word := follower.Refresh(t.Context()); word.Doubt != nil {
					t.Fatal(word.Doubt)
				}
				c.spoil(d)
				word := follower.Refresh(t.Context())
				if !errors.Is(word.Doubt, c.want) || (c.want != nil && !errors.Is(word.Doubt, trust.ErrDoubt)) {
					t.Errorf("got %v, want %v", word.Doubt, c.want)
				}
				d.head = chain.Head{ChainID: binding.ChainID, GenesisHash: genesis}
				d.block(13)
				if word := follower.Refresh(t.Context()); word.Doubt != nil {
					t.Errorf("after all is well again: %v", word.Doubt)
				}
			})
		})
	}
}

func TestUnreachableAgesOut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	synctest.Test(t, func(t *testing.T) {
		follower, d := follow(t, path)
		follower.Refresh(t.Context())
		d.err = chain.ErrUnreachable
		time.Sleep(59 * time.Second) //nolint:forbidigo // made-up time of a synctest bubble
		if word := follower.Refresh(t.Context()); word.Doubt != nil {
			t.Errorf("the last word is good for a minute: %v", word.Doubt)
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // made-up time of a synctest bubble
		if word := follower.Word(); !errors.Is(word.Doubt, trust.ErrSilent) {
			t.Errorf("without asking: %v", word.Doubt)
		}
		if word := follower.Refresh(t.Context()); !errors.Is(word.Doubt, trust.ErrSilent) {
			t.Errorf("after asking: %v", word.Doubt)
		}
	})
}

func TestHeightSurvivesRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	synctest.Test(t, func(t *testing.T) {
		j, err := journal.Open(path, binding)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.SetView(journal.View{Height: 11}); err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		follower, _ := follow(t, path)
		if word := follower.Refresh(t.Context()); !errors.Is(word.Doubt, trust.ErrFalling) {
			t.Errorf("got %v", word.Doubt)
		}
	})
}

func rent(id uint64, state xrental.RentalState, left time.Duration) xrental.Rental {
	return xrental.Rental{
		Id: id, MachineId: binding.MachineID, State: state, Start: time.Now().Add(-time.Hour),
		End: time.Now().Add(left), Deadline: time.Now().Add(left),
	}
}

// TestOverAtItsEnd verifies that a rental past its end counts as over by block
// time even if it is still listed.
func TestOverAtItsEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	synctest.Test(t, func(t *testing.T) {
		follower, d := follow(t, path)
		other := rent(4, xrental.RENTAL_STATE_ACTIVE, time.Hour)
		other.MachineId = strings.Repeat("cd", 32)
		d.view.Rentals = []xrental.Rental{
			rent(1, xrental.RENTAL_STATE_ACTIVE, time.Second), rent(2, xrental.RENTAL_STATE_ACTIVE, 0),
			rent(3, xrental.RENTAL_STATE_TRIAL, 0), other,
		}
		word := follower.Refresh(t.Context())
		if _, ok := word.Open[1]; !ok || len(word.Open) != 1 {
			t.Errorf("open are %v", word.Open)
		}
	})
}

// TestOverBeforeItsFeeIsDecided verifies that a challenge which later decides
// who gets a trial's fee does not change when the trial ended.
func TestOverBeforeItsFeeIsDecided(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	synctest.Test(t, func(t *testing.T) {
		follower, d := follow(t, path)
		end := time.Now().Add(-10 * time.Minute)
		trial := rent(1, xrental.RENTAL_STATE_REFUNDED, time.Hour)
		trial.Transitions = []xrental.Transition{
			{Time: trial.Start, To: xrental.RENTAL_STATE_TRIAL, Reason: xrental.REASON_RENTED},
			{Time: end, From: xrental.RENTAL_STATE_TRIAL, To: xrental.RENTAL_STATE_REFUNDED, Reason: xrental.REASON_CHALLENGE_OPEN},
			{Time: end.Add(5 * time.Minute), From: xrental.RENTAL_STATE_REFUNDED, To: xrental.RENTAL_STATE_REFUNDED, Reason: xrental.REASON_NOT_CONFIRMED},
		}
		d.one = map[uint64]xrental.Rental{1: trial}
		follower.Refresh(t.Context())
		over, err := follower.Over(t.Context(), 1)
		if err != nil || !over.Refunded || !over.At.Equal(end) {
			t.Errorf("over %+v, %v, want at %s", over, err, end)
		}
	})
}

func TestOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	synctest.Test(t, func(t *testing.T) {
		follower, d := follow(t, path)
		d.one[1] = rent(1, xrental.RENTAL_STATE_ENDED, -time.Minute)
		d.one[2] = rent(2, xrental.RENTAL_STATE_REFUNDED, time.Hour)
		d.one[3] = rent(3, xrental.RENTAL_STATE_ACTIVE, time.Hour)
		d.one[4] = rent(4, xrental.RENTAL_STATE_TRIAL, 0)
		if _, err := follower.Over(t.Context(), 1); !errors.Is(err, trust.ErrDoubt) {
			t.Errorf("before the first word: %v", err)
		}
		follower.Refresh(t.Context())
		for id, refunded := range map[uint64]bool{1: false, 2: true, 4: true, 5: false} {
			over, err := follower.Over(t.Context(), id)
			if err != nil || over.Refunded != refunded || over.At.After(time.Now()) || !over.End.Equal(d.one[id].End) {
				t.Errorf("rental %d: %+v, %v", id, over, err)
			}
		}
		if _, err := follower.Over(t.Context(), 3); !errors.Is(err, trust.ErrOpen) {
			t.Errorf("an open one: %v", err)
		}
	})
}
