package market

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/dbc-network/dbc/node/register"
	"github.com/dbc-network/dbc/x/machine"
)

// asked counts the queries to a chain.
type asked struct {
	*ledger
	n int
}

func (a *asked) Machine(ctx context.Context, id string) (machine.Listing, error) {
	a.n++
	return a.MachineAt(ctx, 0, id)
}

// TestTheIndexKnowsBondedMachines: what the index has is not asked of the chain.
func TestTheIndexKnowsBondedMachines(t *testing.T) {
	t.Parallel()
	l := newLedger(40)
	over, left := &l.listings[1].Machine, &l.listings[2].Machine
	over.State, over.Stake = machine.MACHINE_STATE_RETIRED, 0
	left.State, left.Stake = machine.MACHINE_STATE_RETIRED, 5
	c := &asked{ledger: l}
	r := register.New(filled(t, l), c)
	for _, id := range []string{l.listings[0].Machine.Id, left.Id} {
		if err := r.Bonded(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if c.n > 0 {
		t.Error("the chain was asked for what the index has")
	}
	for _, id := range []string{over.Id, fmt.Sprintf("%064x", 7), "", "x", "../1"} {
		if err := r.Bonded(t.Context(), id); !errors.Is(err, register.ErrNoMachine) {
			t.Errorf("%q: %v", id, err)
		}
	}
}
