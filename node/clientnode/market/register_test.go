package market

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

// asked counts the queries to a chain.
type asked struct {
	*ledger
	n    int
	away bool
}

func (a *asked) Machine(ctx context.Context, id string) (machine.Listing, error) {
	a.n++
	if a.away {
		return machine.Listing{}, errBroken
	}
	return a.MachineAt(ctx, 0, id)
}

func TestOnlyBondedMachinesAreMachines(t *testing.T) {
	t.Parallel()
	for name, indexed := range map[string]bool{"with an index": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(40)
			over, left := &l.listings[1].Machine, &l.listings[2].Machine
			over.State, over.Stake = machine.MACHINE_STATE_RETIRED, 0
			left.State, left.Stake = machine.MACHINE_STATE_RETIRED, 5
			c := &asked{ledger: l}
			r := NewRegister(nil, c)
			if indexed {
				r = NewRegister(filled(t, l), c)
			}
			for _, id := range []string{l.listings[0].Machine.Id, left.Id} {
				if err := r.Bonded(t.Context(), id); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
			if indexed && c.n > 0 {
				t.Error("the chain was asked for what the index has")
			}
			for _, id := range []string{over.Id, fmt.Sprintf("%064x", 7), "", "x", "../1"} {
				if err := r.Bonded(t.Context(), id); !errors.Is(err, ErrNoMachine) {
					t.Errorf("%q: %v", id, err)
				}
			}
		})
	}
}

// TestStrangersCantMakeTheNodeAsk verifies that queries for made-up ids are
// rate-limited.
func TestStrangersCantMakeTheNodeAsk(t *testing.T) {
	t.Parallel()
	l := newLedger(2)
	store := filled(t, l)
	c := &asked{ledger: l}
	r := NewRegister(store, c)
	busy := 0
	for i := range 3 * maxBelieved {
		switch err := r.Bonded(t.Context(), fmt.Sprintf("%064x", i+1)); {
		case errors.Is(err, ErrAsked):
			busy++
		case !errors.Is(err, ErrNoMachine):
			t.Fatal(err)
		}
		if i%100 == 0 {
			if err := r.Bonded(t.Context(), l.listings[0].Machine.Id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if c.n > 10*asksBurst || busy == 0 || len(r.believes) > maxBelieved {
		t.Errorf("the chain was asked %d times, %d answers are kept", c.n, len(r.believes))
	}
}

// TestARegisterFollowsTheChain verifies that a bond is noticed soon, that an
// unreachable chain is not taken for a refusal, and that earlier answers stay
// valid meanwhile.
func TestARegisterFollowsTheChain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLedger(2)
		c := &asked{ledger: l}
		r := NewRegister(nil, c)
		later := listing(9)
		if err := r.Bonded(t.Context(), later.Machine.Id); !errors.Is(err, ErrNoMachine) {
			t.Fatal(err)
		}
		l.listings = append(l.listings, later)
		<-time.After(doubted)
		if err := r.Bonded(t.Context(), later.Machine.Id); err != nil {
			t.Errorf("after its bond: %v", err)
		}
		c.away = true
		if err := r.Bonded(t.Context(), later.Machine.Id); err != nil {
			t.Errorf("while the chain is away: %v", err)
		}
		if err := r.Bonded(t.Context(), l.listings[0].Machine.Id); !errors.Is(err, chain.ErrUnreachable) {
			t.Errorf("one that it was not asked for: %v", err)
		}
	})
}
