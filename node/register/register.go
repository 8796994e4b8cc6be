// Package register distinguishes the machines of the chain from other peers, for both
// roles of a node.
package register

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// asksSecond bounds the queries per second, after a burst, for machines
	// that the index lacks, because a stranger can request any id.
	asksSecond = 5
	asksBurst  = 20
	// believed is how long an answer is valid, also that there is no such
	// machine, which a bond in the next block may change.
	believed = 30 * time.Second
	doubted  = 2 * time.Second
	// maxBelieved bounds the number of cached answers.
	maxBelieved = 4096
)

// Bonds queries one machine on the chain.
type Bonds interface {
	Machine(ctx context.Context, id string) (machine.Listing, error)
}

var _ Bonds = (*chain.Client)(nil)

// Index knows machines without asking the chain. That it lacks one proves nothing.
type Index interface {
	Has(ctx context.Context, id string) (bool, error)
}

// Register knows which machines are bonded. A peer with any other key is not a
// machine, whatever it answers.
type Register struct {
	index Index
	chain Bonds
	asks  *rate.Limiter

	mu       sync.Mutex
	believes map[string]belief
}

type belief struct {
	err   error
	until time.Time
}

// New returns a register that looks in the index first. If index is nil, it queries
// only the chain.
func New(index Index, c Bonds) *Register {
	return &Register{index: index, chain: c, asks: rate.NewLimiter(asksSecond, asksBurst), believes: map[string]belief{}}
}

// Bonded returns nil for a machine of the chain, ErrNoMachine for any other id,
// and ErrAsked or the chain's error if that cannot be determined now.
func (r *Register) Bonded(ctx context.Context, id string) error {
	r.mu.Lock()
	b, known := r.believes[id]
	r.mu.Unlock()
	if known && time.Now().Before(b.until) {
		return b.err
	}
	err := r.lookUp(ctx, id)
	switch {
	case err == nil:
		r.believe(id, belief{nil, time.Now().Add(believed)})
	case errors.Is(err, ErrNoMachine):
		r.believe(id, belief{err, time.Now().Add(doubted)})
	}
	return err
}

func (r *Register) believe(id string, b belief) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.believes) >= maxBelieved {
		clear(r.believes)
	}
	r.believes[id] = b
}

func (r *Register) lookUp(ctx context.Context, id string) error {
	if r.index != nil {
		if listed, err := r.index.Has(ctx, id); err != nil || listed {
			return err
		}
	}
	if !r.asks.Allow() {
		return ErrAsked
	}
	l, err := r.chain.Machine(ctx, id)
	if errors.Is(err, chain.ErrNotFound) || err == nil && Gone(l.Machine.State.Word(), l.Machine.Stake) {
		return fmt.Errorf("%w: %.64s", ErrNoMachine, id)
	}
	return err
}

// Gone reports whether a machine is retired and has its stake back, so that it
// is liable for nothing.
func Gone(state string, stake uint64) bool {
	return state == machine.MACHINE_STATE_RETIRED.Word() && stake == 0
}
