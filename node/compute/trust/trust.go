// Package trust decides what a compute node believes about the chain. It
// queries the operator's own dbcd and accepts the answer only if it is from the
// right chain, its height does not fall, and its block is not older than a
// minute. On the basis of anything else the node neither grants nor revokes.
package trust

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	// MaxAge is the maximum age of the newest block.
	MaxAge = time.Minute
	// queryLimit bounds one query to the dbcd.
	queryLimit = 10 * time.Second
	// saveEvery bounds how often the height is saved. Losing the last heights
	// in a restart only means that the chain could repeat blocks of half a
	// minute.
	saveEvery = 30 * time.Second
	// askEvery bounds how often callers of Fresh cause a query.
	askEvery = time.Second
)

// Source is the dbcd.
type Source interface {
	Head(ctx context.Context) (chain.Head, error)
	OpenRentals(ctx context.Context, machineID string) (chain.View, error)
	Rental(ctx context.Context, id uint64) (xrental.Rental, error)
	Machine(ctx context.Context, id string) (machine.Listing, error)
}

var _ Source = (*chain.Client)(nil)

// Memory stores the highest view across restarts.
type Memory interface {
	LastView() (journal.View, error)
	SetView(journal.View) error
}

// Word is what the chain last reported, and whether it is trusted.
type Word struct {
	// Doubt is nil if the word is trusted.
	Doubt  error
	Height int64
	// Time is the block time, by which deadlines and ends are measured.
	Time time.Time
	// Open are the open rentals of this machine at Time, by id.
	Open map[uint64]Rental
}

// Chain follows the dbcd. Its methods may be called concurrently.
type Chain struct {
	binding names.Binding
	source  Source
	memory  Memory
	log     *slog.Logger

	// asking serializes refreshes, so that their heights can be compared.
	asking  sync.Mutex
	highest int64
	saved   time.Time

	// turn is held by the one caller of Fresh that queries for all.
	turn chan struct{}

	mu   sync.Mutex
	word Word
	// begun and ended count refreshes. asked is when the last one started, and
	// answered is closed when the next one ends.
	begun, ended uint64
	asked        time.Time
	answered     chan struct{}
}

// New returns a Chain that trusts nothing before the first Refresh.
func New(binding names.Binding, source Source, memory Memory, log *slog.Logger) (*Chain, error) {
	last, err := memory.LastView()
	if err != nil {
		return nil, fmt.Errorf("read the last height: %w", err)
	}
	return &Chain{
		binding: binding, source: source, memory: memory, log: log,
		highest: last.Height, word: Word{Doubt: ErrSilent}, turn: make(chan struct{}, 1), answered: make(chan struct{}),
	}, nil
}

// Word returns the last word, with its age checked now.
func (c *Chain) Word() Word {
	c.mu.Lock()
	defer c.mu.Unlock()
	word := c.word
	word.Open = maps.Clone(word.Open)
	if word.Doubt == nil {
		word.Doubt = age(word.Time)
	}
	return word
}

// Refresh queries the dbcd. If it is unreachable, the last word remains and
// ages; an answer from another chain or of the past puts it in doubt.
func (c *Chain) Refresh(ctx context.Context) Word {
	c.asking.Lock()
	defer c.asking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	number := c.begin()
	word, err := c.ask(ctx)
	c.mu.Lock()
	c.ended = number
	close(c.answered)
	c.answered = make(chan struct{})
	before := c.word.Doubt
	switch {
	case err == nil:
		c.word = word
	case c.word.Doubt == nil && !errors.Is(err, ErrDoubt):
		// Unreachable: the old word is valid until it is too old.
		if c.word.Doubt = age(c.word.Time); c.word.Doubt != nil {
			c.word.Doubt = fmt.Errorf("%w: %w", c.word.Doubt, err)
		}
	case errors.Is(err, ErrDoubt):
		c.word.Doubt = err
	default:
		c.word.Doubt = fmt.Errorf("%w: %w", ErrSilent, err)
	}
	after := c.word.Doubt
	c.mu.Unlock()
	c.logChange(before, after)
	if err == nil {
		c.remember(word.Height)
	}
	return c.Word()
}

// logChange logs changes between trust and doubt rather than every failed query.
func (c *Chain) logChange(before, after error) {
	switch {
	case before == nil && after != nil:
		c.log.Warn("the chain is not trusted: nothing is granted and nothing destroyed", "reason", after)
	case before != nil && after == nil:
		c.log.Info("the chain is trusted", "chain_id", c.binding.ChainID)
	}
}

func (c *Chain) ask(ctx context.Context) (Word, error) {
	head, err := c.source.Head(ctx)
	if err != nil {
		return Word{}, err // the error says what was queried
	}
	if head.ChainID != c.binding.ChainID || hex.EncodeToString(head.GenesisHash[:]) != c.binding.GenesisHash {
		return Word{}, fmt.Errorf("%w: it is chain %s with genesis %x, want %s with %s",
			ErrOtherChain, head.ChainID, head.GenesisHash, c.binding.ChainID, c.binding.GenesisHash)
	}
	view, err := c.source.OpenRentals(ctx, c.binding.MachineID)
	if err != nil {
		return Word{}, fmt.Errorf("ask for the rentals: %w", err)
	}
	if lowest := min(head.Height, view.Height); lowest < c.highest {
		return Word{}, fmt.Errorf("%w: height %d after %d", ErrFalling, lowest, c.highest)
	}
	if err := age(view.Time); err != nil {
		return Word{}, err
	}
	word := Word{Height: view.Height, Time: view.Time, Open: map[uint64]Rental{}}
	for _, proto := range view.Rentals {
		r := fromProto(proto)
		// Past its deadline it is over, even before a block has recorded that.
		if proto.MachineId == c.binding.MachineID && r.StateAt(view.Time).Open() {
			word.Open[r.ID] = r
		}
	}
	return word, nil
}

// remember saves the greatest trusted height.
func (c *Chain) remember(height int64) {
	c.highest = max(c.highest, height)
	if time.Since(c.saved) < saveEvery {
		return
	}
	if err := c.memory.SetView(journal.View{Height: c.highest}); err != nil {
		c.log.Error("the chain's height was not written down", "error", err)
		return
	}
	c.saved = time.Now()
}

// endings are the reasons shown for VMs whose rental is over.
var endings = map[rental.State]notice.Code{
	rental.StateEnded: notice.RentalEnded, rental.StateRefunded: notice.RentalRefunded, rental.StateBroken: notice.RentalBroken,
}

// Over returns how a rental that is no longer open ended. It returns ErrDoubt
// if the answer cannot be trusted, and ErrOpen if the chain says that it is
// open after all.
func (c *Chain) Over(ctx context.Context, id uint64) (journal.Over, error) {
	word := c.Word()
	if word.Doubt != nil {
		return journal.Over{}, word.Doubt
	}
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	proto, err := c.source.Rental(ctx, id)
	if errors.Is(err, chain.ErrNotFound) {
		// It was pruned long after its end. How it ended is unknown, so its
		// disks are kept as after a regular end.
		return journal.Over{At: word.Time, Reason: notice.New(notice.RentalForgotten)}, nil
	}
	if err != nil {
		return journal.Over{}, fmt.Errorf("ask for rental %d: %w", id, err)
	}
	r := fromProto(proto)
	state := r.StateAt(word.Time)
	if state.Open() || !state.Closed() {
		return journal.Over{}, fmt.Errorf("rental %d is %s: %w", id, state, ErrOpen)
	}
	return journal.Over{At: r.overAt(word.Time), End: r.End, Refunded: state == rental.StateRefunded, Reason: notice.New(endings[state])}, nil
}

// Facts returns this machine's listing, from which shares are calculated.
func (c *Chain) Facts(ctx context.Context) (machine.Facts, error) {
	if word := c.Word(); word.Doubt != nil {
		return machine.Facts{}, word.Doubt
	}
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	listing, err := c.source.Machine(ctx, c.binding.MachineID)
	if err != nil {
		return machine.Facts{}, fmt.Errorf("ask for this machine's listing: %w", err)
	}
	return listing.Machine.Facts, nil
}

// age refuses a block that is too old, or that a wrong clock puts far into the
// future.
func age(block time.Time) error {
	if d := time.Since(block); d > MaxAge {
		return fmt.Errorf("%w: the newest block is %s old, at most %s", ErrSilent, d.Truncate(time.Second), MaxAge)
	} else if -d > MaxAge {
		return fmt.Errorf("%w: the newest block is %s ahead of this computer's clock; set the clock", ErrSilent, (-d).Truncate(time.Second))
	}
	return nil
}
