package register

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

// ledger is a chain that counts its queries.
type ledger struct {
	listings map[string]machine.Listing
	n        int
	away     bool
}

func (l *ledger) Machine(_ context.Context, id string) (machine.Listing, error) {
	l.n++
	if l.away {
		return machine.Listing{}, chain.ErrUnreachable
	}
	listed, ok := l.listings[id]
	if !ok {
		return machine.Listing{}, chain.ErrNotFound
	}
	return listed, nil
}

func (l *ledger) add(n int, state machine.MachineState, stake uint64) string {
	id := fmt.Sprintf("%064x", n)
	l.listings[id] = machine.Listing{Machine: machine.Machine{Id: id, State: state, Stake: stake}}
	return id
}

// index knows some machines.
type index map[string]bool

func (i index) Has(_ context.Context, id string) (bool, error) { return i[id], nil }

func TestOnlyBondedMachinesAreMachines(t *testing.T) {
	t.Parallel()
	l := &ledger{listings: map[string]machine.Listing{}}
	online := l.add(1, machine.MACHINE_STATE_ONLINE, 5)
	over := l.add(2, machine.MACHINE_STATE_RETIRED, 0)
	left := l.add(3, machine.MACHINE_STATE_RETIRED, 5)
	r := New(nil, l)
	for _, id := range []string{online, left} {
		if err := r.Bonded(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	for _, id := range []string{over, fmt.Sprintf("%064x", 7), "", "x", "../1"} {
		if err := r.Bonded(t.Context(), id); !errors.Is(err, ErrNoMachine) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// TestStrangersCantMakeTheNodeAsk verifies that queries for made-up ids are
// rate-limited, and that machines of the index are known nevertheless.
func TestStrangersCantMakeTheNodeAsk(t *testing.T) {
	t.Parallel()
	l := &ledger{listings: map[string]machine.Listing{}}
	known := l.add(0, machine.MACHINE_STATE_ONLINE, 5)
	r := New(index{known: true}, l)
	busy := 0
	for i := range 3 * maxBelieved {
		switch err := r.Bonded(t.Context(), fmt.Sprintf("%064x", i+1)); {
		case errors.Is(err, ErrAsked):
			busy++
		case !errors.Is(err, ErrNoMachine):
			t.Fatal(err)
		}
		if i%100 == 0 {
			if err := r.Bonded(t.Context(), known); err != nil {
				t.Fatal(err)
			}
		}
	}
	if l.n > 10*asksBurst || busy == 0 || len(r.believes) > maxBelieved {
		t.Errorf("the chain was asked %d times, %d answers are kept", l.n, len(r.believes))
	}
}

// TestARegisterFollowsTheChain verifies that a bond is noticed soon, that an
// unreachable chain is not taken for a refusal, and that earlier answers stay
// valid meanwhile.
func TestARegisterFollowsTheChain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{listings: map[string]machine.Listing{}}
		other := l.add(1, machine.MACHINE_STATE_ONLINE, 5)
		r := New(nil, l)
		if err := r.Bonded(t.Context(), fmt.Sprintf("%064x", 9)); !errors.Is(err, ErrNoMachine) {
			t.Fatal(err)
		}
		later := l.add(9, machine.MACHINE_STATE_ONLINE, 5)
		<-time.After(doubted)
		if err := r.Bonded(t.Context(), later); err != nil {
			t.Errorf("after its bond: %v", err)
		}
		l.away = true
		if err := r.Bonded(t.Context(), later); err != nil {
			t.Errorf("while the chain is away: %v", err)
		}
		if err := r.Bonded(t.Context(), other); !errors.Is(err, chain.ErrUnreachable) {
			t.Errorf("one that it was not asked for: %v", err)
		}
	})
}
