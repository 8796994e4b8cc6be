// Package books keeps what the chain says of a machine's money: its stake, and the rent
// of its rentals. Nothing is decided by it; it is for the host's metrics.
package books

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chain/earnings"
	"github.com/dbc-network/dbc/x/machine"
)

const (
	// period is how often the chain is asked, and retry how soon again where it did not
	// answer. limit bounds one look: a machine can have thousands of rentals.
	period = 5 * time.Minute
	retry  = 30 * time.Second
	limit  = time.Minute
)

// Chain is what the books are read from.
type Chain interface {
	earnings.Books
	Machine(ctx context.Context, id string) (machine.Listing, error)
}

var _ Chain = (*chain.Client)(nil)

// Sums are in udbc.
type Sums struct {
	// Read is when they were read; zero for never. The rest is 0 for a machine that is
	// not bonded.
	Read time.Time
	// Stake is what the machine has, Required what it needs for new rentals, of which
	// nine tenths are enough.
	Stake, Required uint64
	// Earned, Claimed and Unclaimed are of all rentals that the chain still knows.
	Earned, Claimed, Unclaimed uint64
}

// Loop keeps the sums of one machine up to date.
type Loop struct {
	chain Chain
	id    string
	log   *slog.Logger

	mu   sync.Mutex
	sums Sums
}

// New returns a loop that does nothing before Run.
func New(from Chain, machineID string, log *slog.Logger) *Loop {
	return &Loop{chain: from, id: machineID, log: log}
}

// Sums returns what was read last.
func (l *Loop) Sums() Sums {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sums
}

// Run reads until ctx is done. While the chain does not answer the old sums stay, with
// their time.
func (l *Loop) Run(ctx context.Context) error {
	for {
		sums, err := l.read(ctx)
		pause := period
		if err == nil {
			l.mu.Lock()
			l.sums = sums
			l.mu.Unlock()
		} else {
			pause = retry
			l.log.Debug("the machine's stake and earnings can't be read now", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func (l *Loop) read(ctx context.Context) (Sums, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	listed, err := l.chain.Machine(ctx, l.id)
	if errors.Is(err, chain.ErrNotFound) {
		return Sums{Read: time.Now()}, nil
	}
	if err != nil {
		return Sums{}, err
	}
	rentals, err := earnings.Read(ctx, l.chain, l.id)
	if err != nil {
		return Sums{}, err
	}
	s := Sums{Read: time.Now(), Stake: listed.Machine.Stake, Required: listed.Machine.StakeRequired}
	for _, e := range rentals {
		// No overflow: all of it exists, and all existing coins fit.
		s.Earned += e.Earned
		s.Claimed += e.Claimed
		s.Unclaimed += e.Unclaimed
	}
	return s, nil
}
