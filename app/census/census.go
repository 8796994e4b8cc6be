// Package census counts what the chain's committed state holds, for Prometheus. It
// belongs to a node, not to consensus: it reads a version that was committed, as a
// query does, in a goroutine of its own, and rests many times as long as it worked.
// Labels come from the modules' enums: no wallet, machine or rental is among them.
package census

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cosmossdk.io/log/v2"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	machinekeeper "github.com/dbc-network/dbc/x/machine/keeper"
	rentalkeeper "github.com/dbc-network/dbc/x/rental/keeper"
)

const (
	// soon is the rest before the first count, for which a daemon that starts may have no
	// block yet.
	soon = time.Second
	// least is the shortest rest between two counts; a longer count is followed by a
	// rest of share times as long, so that it takes at most a twentieth of a core.
	least = 15 * time.Second
	share = 19
)

// errPanic means that reading the state failed with a panic, as where the version was
// pruned meanwhile.
var errPanic = errors.New("the state could not be read")

// State is the committed state.
type State interface {
	// CreateQueryContext returns a context with the state at a height, 0 for the newest.
	CreateQueryContext(height int64, prove bool) (sdk.Context, error)
}

// Deps are what a census counts.
type Deps struct {
	State    State
	Machines interface {
		Census(ctx context.Context) (machinekeeper.Census, error)
	}
	Rentals interface {
		Census(ctx context.Context) (rentalkeeper.Census, error)
	}
	// Escrow returns the balance in udbc of the module account of rentals.
	Escrow func(ctx context.Context) uint64
	Log    log.Logger
}

// Counts are the result of one count.
type Counts struct {
	Height   int64
	Time     time.Time // of that block
	Escrow   uint64
	Machines machinekeeper.Census
	Rentals  rentalkeeper.Census
}

// Census keeps the newest counts.
type Census struct {
	deps Deps

	mu       sync.Mutex
	counts   *Counts
	took     time.Duration
	taken    time.Time
	failures uint64
}

// New returns a census without counts.
func New(deps Deps) *Census { return &Census{deps: deps} }

// Run counts until ctx is done. A count that fails is logged and made again later.
func (c *Census) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		took, err := c.Take(ctx)
		if err != nil && ctx.Err() == nil {
			c.deps.Log.Error("the state was not counted", "error", err)
		}
		timer.Reset(c.rest(took))
	}
}

func (c *Census) rest(took time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil && c.failures == 0 {
		return soon
	}
	return max(least, share*took)
}

// Take counts the newest committed state, unless it was counted already, and returns how
// long that took. A chain without blocks is no failure.
func (c *Census) Take(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	state, err := c.deps.State.CreateQueryContext(0, false)
	if errors.Is(err, sdkerrors.ErrInvalidHeight) {
		return 0, nil // no block yet, or one is being committed
	}
	if err != nil {
		return 0, c.failed(fmt.Errorf("read the newest state: %w", err))
	}
	if c.has(state.BlockHeight()) {
		return 0, nil
	}
	// Not the query's own gas limit: this reads everything.
	counts, err := c.count(state.WithContext(ctx).WithGasMeter(storetypes.NewInfiniteGasMeter()))
	took := time.Since(began)
	if err != nil {
		return took, c.failed(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts, c.took, c.taken = &counts, took, time.Now()
	return took, nil
}

func (c *Census) has(height int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts != nil && c.counts.Height == height
}

func (c *Census) failed(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures++
	return err
}

// count contains a panic: stores panic where a version has gone, and a node does not end
// because it could not be counted.
func (c *Census) count(ctx sdk.Context) (counts Counts, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("height %d: %w: %v", ctx.BlockHeight(), errPanic, r)
		}
	}()
	counts = Counts{Height: ctx.BlockHeight(), Time: ctx.BlockTime(), Escrow: c.deps.Escrow(ctx)}
	if counts.Machines, err = c.deps.Machines.Census(ctx); err != nil {
		return counts, fmt.Errorf("count machines: %w", err)
	}
	if counts.Rentals, err = c.deps.Rentals.Census(ctx); err != nil {
		return counts, fmt.Errorf("count rentals: %w", err)
	}
	return counts, nil
}
