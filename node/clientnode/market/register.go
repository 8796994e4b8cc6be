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

// Register knows which machines are bonded. A peer with any other key is not a
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

// NewRegister returns a register that looks in the index first. If store is
// nil, it queries only the chain.
func NewRegister(store *Store, c Bonds) *Register {
	return &Register{store: store, chain: c, asks: rate.NewLimiter(asksSecond, asksBurst), believes: map[string]belief{}}
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

// gone reports whether a machine is retired and has its stake back, so that it
// is liable for nothing.
func gone(state string, stake uint64) bool {
	return state == machine.MACHINE_STATE_RETIRED.Word() && stake == 0
}

// has reports whether the index lists a machine. If it does not, that proves
// nothing.
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
