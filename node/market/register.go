package market

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// A stranger can ask for any id, so the chain is asked for those that the
	// index lacks so often a second, after a burst.
	asksSecond = 5
	asksBurst  = 20
	// believed is how long an answer is good: a machine's, or that there is none,
	// which a bond may end in the next block.
	believed = 30 * time.Second
	doubted  = 2 * time.Second
	// maxBelieved bounds the memory of answers.
	maxBelieved = 4096
)

// Bonds is the chain's word on one machine.
type Bonds interface {
	Machine(ctx context.Context, id string) (machine.Listing, error)
}

var _ Bonds = (*chain.Client)(nil)

// Register knows which machines are bonded. A peer with any other key is no
// machine, whatever it answers.
type Register struct {
	store *Store
	chain Bonds
	asks  *rate.Limiter

	mu       sync.Mutex
	believes map[string]belief
}

type belief struct {
	err   error
	until time.Time
}

// NewRegister asks the index first; without one, store nil, the chain alone.
func NewRegister(store *Store, c Bonds) *Register {
	return &Register{store: store, chain: c, asks: rate.NewLimiter(asksSecond, asksBurst), believes: map[string]belief{}}
}

// Bonded is nil for a machine of the chain, ErrNoMachine for any other id, and
// ErrAsked or the chain's error where it can't be known now.
func (r *Register) Bonded(ctx context.Context, id string) error {
	r.mu.Lock()
	b, known := r.believes[id]
	r.mu.Unlock()
	if known && time.Now().Before(b.until) {
		return b.err
	}
	err := r.look(ctx, id)
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

func (r *Register) look(ctx context.Context, id string) error {
	if r.store != nil {
		if listed, err := r.store.has(ctx, id); err != nil || listed {
			return err
		}
	}
	if !r.asks.Allow() {
		return ErrAsked
	}
	l, err := r.chain.Machine(ctx, id)
	if errors.Is(err, chain.ErrNotFound) || err == nil && gone(l.Machine.State.Word(), l.Machine.Stake) {
		return fmt.Errorf("%w: %.64s", ErrNoMachine, id)
	}
	return err
}

// gone: what is retired and has its stake back answers for nothing.
func gone(state string, stake uint64) bool {
	return state == machine.MACHINE_STATE_RETIRED.Word() && stake == 0
}

// has reports whether the index lists a machine; that it does not proves nothing.
func (s *Store) has(ctx context.Context, id string) (bool, error) {
	raw, err := hex.DecodeString(id)
	if err != nil {
		return false, fmt.Errorf("%w: %.64q", ErrNoMachine, id)
	}
	var state string
	var stake int64
	err = s.db.QueryRowContext(ctx, "SELECT state, stake FROM machines WHERE id = ?", raw).Scan(&state, &stake)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look a machine up: %w", err)
	}
	return !gone(state, uint64(stake)), nil //nolint:gosec // clamp wrote it
}
