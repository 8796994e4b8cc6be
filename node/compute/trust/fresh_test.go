package trust_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// counted is a slow dbcd that counts its queries.
type counted struct {
	*dbcd
	takes time.Duration
	asked atomic.Int64
}

func (c *counted) OpenRentals(ctx context.Context, id string) (chain.View, error) {
	c.asked.Add(1)
	select {
	case <-time.After(c.takes):
	case <-ctx.Done():
		return chain.View{}, ctx.Err()
	}
	v, err := c.dbcd.OpenRentals(ctx, id)
	v.Height, v.Time = 10, time.Now()
	return v, err
}

func followCounted(t *testing.T, takes time.Duration) (*trust.Chain, *counted) {
	t.Helper()
	j, err := journal.Open(filepath.Join(t.TempDir(), "journal.db"), binding)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	_, d := follow(t, filepath.Join(t.TempDir(), "other.db"))
	source := &counted{dbcd: d, takes: takes}
	follower, err := trust.New(binding, source, j, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return follower, source
}

// TestManyCallersAskOnceASecond verifies that 50 callers who call repeatedly
// for ten seconds cost one query per second, and that each gets what the chain
// reported after the call.
func TestManyCallersAskOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		follower, source := followCounted(t, 20*time.Millisecond)
		var all sync.WaitGroup
		end := time.Now().Add(10 * time.Second)
		for range 50 {
			all.Go(func() {
				for time.Now().Before(end) {
					called := time.Now()
					if word := follower.Fresh(t.Context()); word.Doubt != nil || word.Time.Before(called) {
						t.Errorf("called at %v: %+v", called, word)
						return
					}
				}
			})
		}
		all.Wait()
		if n := source.asked.Load(); n > 12 || n < 9 {
			t.Errorf("the chain was asked %d times in ten seconds", n)
		}
	})
}

// TestALoneCallerDoesNotWait verifies that a call after a quiet second is
// answered immediately.
func TestALoneCallerDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		follower, source := followCounted(t, 0)
		for range 3 {
			begun := time.Now()
			if word := follower.Fresh(t.Context()); word.Doubt != nil || !time.Now().Equal(begun) {
				t.Errorf("%v after %v", word.Doubt, time.Since(begun))
			}
			time.Sleep(time.Second) //nolint:forbidigo // made-up time of a synctest bubble
		}
		if n := source.asked.Load(); n != 3 {
			t.Errorf("asked %d times", n)
		}
	})
}

// TestWhoLeavesSpoilsNobodysAnswer lets the caller that queries for all leave
// in the middle; the others still learn of a rental that started meanwhile.
func TestWhoLeavesSpoilsNobodysAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		follower, source := followCounted(t, 500*time.Millisecond)
		source.view.Rentals = []xrental.Rental{rent(7, xrental.RENTAL_STATE_ACTIVE, time.Hour)}
		leaving, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { follower.Fresh(leaving) })
		synctest.Wait()
		for range 10 {
			all.Go(func() {
				if word := follower.Fresh(t.Context()); len(word.Open) != 1 {
					t.Errorf("got %+v", word)
				}
			})
		}
		leave()
		all.Wait()
	})
}

// TestWhoseTimeIsOverGetsTheLastWord verifies that such a caller gets the last
// result and does not block others.
func TestWhoseTimeIsOverGetsTheLastWord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		follower, _ := followCounted(t, 0)
		follower.Fresh(t.Context())
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		begun := time.Now()
		if word := follower.Fresh(short); word.Doubt != nil || time.Since(begun) > 100*time.Millisecond {
			t.Errorf("%v after %v", word.Doubt, time.Since(begun))
		}
		if word := follower.Fresh(t.Context()); !word.Time.After(begun) {
			t.Errorf("the next: %+v", word)
		}
	})
}
