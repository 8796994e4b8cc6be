package market

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
)

// Chain is the source of an index.
type Chain interface {
	Head(ctx context.Context) (chain.Head, error)
	Watch(ctx context.Context) (<-chan struct{}, error)
	MachinesAt(ctx context.Context, height int64, req machine.QueryMachinesRequest) (*machine.QueryMachinesResponse, int64, error)
	MachineAt(ctx context.Context, height int64, id string) (machine.Listing, error)
	Touched(ctx context.Context, height int64) ([]string, error)
}

var _ Chain = (*chain.Client)(nil)

const (
	// fillPage is the largest page that the chain serves.
	fillPage = 500
	// maxGap is the number of blocks that are caught up by their events. Beyond
	// it, filling the index again is cheaper.
	maxGap = 500
	// retry is the delay after a failure, unless a block wakes the follower
	// before.
	retry = 2 * time.Second
)

// Follow keeps the index at the newest block until ctx is done. The index
// belongs to the chain: another chain id or genesis hash empties it first.
func (s *Store) Follow(ctx context.Context, c Chain, log *slog.Logger) error {
	wakes, err := c.Watch(ctx)
	if err != nil {
		return fmt.Errorf("follow machines: %w", err)
	}
	for {
		pause := (<-chan time.Time)(nil)
		if err := s.catchUp(ctx, c); err != nil && ctx.Err() == nil {
			log.Warn("the index of machines could not be brought up to date", slog.Any("error", err))
			pause = time.After(retry)
		} else {
			s.blocks.Tell()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-pause:
		case _, open := <-wakes:
			if !open {
				return nil
			}
		}
	}
}

// catchUp brings the index to the newest block: by events if it is complete and
// close enough, otherwise by filling it.
func (s *Store) catchUp(ctx context.Context, c Chain) error {
	head, err := c.Head(ctx)
	if err != nil {
		return err
	}
	now, err := s.position(ctx)
	if err != nil {
		return err
	}
	// The newest block may not be executed yet; the height from which a query
	// answers is.
	_, newest, err := c.MachinesAt(ctx, 0, machine.QueryMachinesRequest{Pagination: &query.PageRequest{Limit: 1}})
	if err != nil {
		return err
	}
	is := Binding{ChainID: head.ChainID, Genesis: hex.EncodeToString(head.GenesisHash[:])}
	if now.Binding != is || !now.complete || newest < now.height || newest-now.height > maxGap {
		return s.fill(ctx, c, is)
	}
	err = s.replay(ctx, c, now, newest)
	if errors.Is(err, errGap) {
		return s.fill(ctx, c, is)
	}
	return err
}

// replay reads the events after now and queries the machines that they name.
// Everything is written in one transaction, so that a kill leaves the older
// state intact.
func (s *Store) replay(ctx context.Context, c Chain, now position, to int64) error {
	if to == now.height {
		return nil
	}
	var ids []string
	seen := map[string]bool{}
	for height := now.height + 1; height <= to; height++ {
		named, err := c.Touched(ctx, height)
		if err != nil {
			return gap(ctx, err)
		}
		for _, id := range named {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	listings := make([]machine.Listing, 0, len(ids))
	for _, id := range ids {
		l, err := c.MachineAt(ctx, to, id)
		if err != nil {
			return gap(ctx, err)
		}
		listings = append(listings, l)
	}
	now.height = to
	if len(ids) == 0 {
		// Nothing changed, so counts stay valid.
		_, err := s.db.ExecContext(ctx, "UPDATE meta SET height = ?", to)
		return err
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		if err := put(ctx, tx, to, listings); err != nil {
			return err
		}
		return setPosition(ctx, tx, now)
	})
}

// gap distinguishes an unreachable chain, which is queried again later, from
// one that answers but has pruned what was requested.
func gap(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, chain.ErrUnreachable) {
		return err
	}
	return fmt.Errorf("%w: %w", errGap, err)
}

// fill reads every machine at one height. Until the last page the index is
// marked incomplete; machines of an earlier chain are deleted before the first
// page.
func (s *Store) fill(ctx context.Context, c Chain, is Binding) error {
	before, err := s.position(ctx)
	if err != nil {
		return err
	}
	if err := s.change(ctx, func(tx *sql.Tx) error {
		if before.Binding != is {
			if _, err := tx.ExecContext(ctx, "DELETE FROM machines; DELETE FROM listings; DELETE FROM gpus"); err != nil {
				return fmt.Errorf("empty the index: %w", err)
			}
		}
		if before.Binding != is || !before.complete {
			if err := dropIndexes(ctx, tx); err != nil {
				return err
			}
		}
		return setPosition(ctx, tx, position{Binding: is})
	}); err != nil {
		return err
	}
	var (
		height int64
		key    []byte
		round  = time.Now().UnixNano()
	)
	for {
		res, at, err := c.MachinesAt(ctx, height, machine.QueryMachinesRequest{
			Pagination: &query.PageRequest{Key: key, Limit: fillPage},
		})
		if err != nil {
			return fmt.Errorf("fill the index of machines: %w", err)
		}
		height = at
		last := res.Pagination == nil || len(res.Pagination.NextKey) == 0
		if err := s.change(ctx, func(tx *sql.Tx) error {
			if err := put(ctx, tx, round, res.Listings); err != nil || !last {
				return err
			}
			return finish(ctx, tx, position{Binding: is, height: height, complete: true}, round)
		}); err != nil {
			return err
		}
		if last {
			debug.FreeOSMemory() // there will be no page as large as this one again
			return nil
		}
		key = res.Pagination.NextKey
	}
}

// finish removes machines that the filling did not see.
func finish(ctx context.Context, tx *sql.Tx, p position, round int64) error {
	for _, text := range []string{
		"DELETE FROM gpus WHERE machine IN (SELECT machine FROM listings WHERE round <> ?)",
		"DELETE FROM machines WHERE id IN (SELECT machine FROM listings WHERE round <> ?)",
		"DELETE FROM listings WHERE round <> ?",
	} {
		if _, err := tx.ExecContext(ctx, text, round); err != nil {
			return fmt.Errorf("drop old machines: %w", err)
		}
	}
	if err := makeIndexes(ctx, tx); err != nil {
		return err
	}
	return setPosition(ctx, tx, p)
}
