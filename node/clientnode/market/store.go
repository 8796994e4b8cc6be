// Package market is a client node's index of machines: a file that is filled
// from the chain, updated from its events, and searched by any filter in any
// order. The chain is the source of truth; the file can be deleted at any time.
package market

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	_ "modernc.org/sqlite" // the driver's name is sqlite

	"github.com/dbc-network/dbc/node/change"
)

// schemaVersion: a file with another version is deleted and created again.
const schemaVersion = 6

const schema = `
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  chain_id TEXT NOT NULL, genesis TEXT NOT NULL,
  height INTEGER NOT NULL, complete INTEGER NOT NULL
) STRICT;
-- What a search scans is kept narrow, so that all of it fits in the cache.
CREATE TABLE machines (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
  state TEXT NOT NULL, country TEXT NOT NULL, city TEXT NOT NULL, gpu_type TEXT NOT NULL, cpu_model TEXT NOT NULL,
  gpu_count INTEGER NOT NULL, slots INTEGER NOT NULL, free_slots INTEGER NOT NULL,
  vram_mib INTEGER NOT NULL, cpu_cores INTEGER NOT NULL, cpu_mhz INTEGER NOT NULL,
  memory_mib INTEGER NOT NULL, system_disk_gib INTEGER NOT NULL, data_disk_gib INTEGER NOT NULL,
  upload_mbps INTEGER NOT NULL, download_mbps INTEGER NOT NULL,
  price_per_day INTEGER NOT NULL, gpu_price_per_day INTEGER NOT NULL, machine_price_per_day INTEGER NOT NULL,
  exit_notice_seconds INTEGER NOT NULL, stake INTEGER NOT NULL,
  kind INTEGER NOT NULL, keep_disk_policy INTEGER NOT NULL, delivery INTEGER NOT NULL, features TEXT NOT NULL
) STRICT;
CREATE TABLE listings (
  machine BLOB PRIMARY KEY, owner TEXT NOT NULL, operator TEXT NOT NULL, round INTEGER NOT NULL, listing BLOB NOT NULL
) STRICT;
-- Only machines of several types are here.
CREATE TABLE gpus (
  machine BLOB NOT NULL, gpu_type TEXT NOT NULL, PRIMARY KEY (machine, gpu_type)
) STRICT, WITHOUT ROWID;
`

// searched are the indexes for searches, by name. The first filling does
// without them: creating them at the end costs a fraction of updating them for
// each machine.
var searched = func() map[string]string {
	all := map[string]string{"facets": "machines (state, gpu_type, country, free_slots)"}
	for _, name := range listed {
		all[indexOf(name)] = "listings (" + name + ", machine)"
	}
	for _, name := range append(slices.Clone(numbers), orders...) {
		if name == "machine_id" || slices.Contains(listed, name) {
			continue // the table has its own index by id
		}
		columns := []string{name, "id"}
		for _, more := range common {
			if more != name {
				columns = append(columns, more)
			}
		}
		all[indexOf(name)] = "machines (" + strings.Join(columns, ", ") + ")"
	}
	return all
}()

// common are the columns of most searches. Each order's index includes them, so
// that a walk can skip a machine that does not match without reading it.
var common = []string{"state", "gpu_type", "country", "free_slots"}

// indexOf returns the name of the index for an order.
func indexOf(name string) string {
	if name == "machine_id" {
		return "sqlite_autoindex_machines_1"
	}
	return "by_" + name
}

func makeIndexes(ctx context.Context, tx *sql.Tx) error {
	for name, columns := range searched {
		if _, err := tx.ExecContext(ctx, "CREATE INDEX IF NOT EXISTS "+name+" ON "+columns); err != nil {
			return fmt.Errorf("index machines: %w", err)
		}
	}
	// Without statistics SQLite does not know that most machines are online and
	// that other states are rare.
	if _, err := tx.ExecContext(ctx, "ANALYZE"); err != nil {
		return fmt.Errorf("count machines for the planner: %w", err)
	}
	return nil
}

func dropIndexes(ctx context.Context, tx *sql.Tx) error {
	for name := range searched {
		if _, err := tx.ExecContext(ctx, "DROP INDEX IF EXISTS "+name); err != nil {
			return fmt.Errorf("drop an index of machines: %w", err)
		}
	}
	return nil
}

// Store is the index's file. Its methods may be called concurrently.
type Store struct {
	db *sql.DB

	// counts of the filters used last, valid for one revision.
	mu       sync.Mutex
	revision uint64
	counts   map[string]counts

	blocks change.Signal
}

// Changed returns a channel that is closed when the index has read further blocks.
func (s *Store) Changed() <-chan struct{} { return s.blocks.Next() }

// Binding identifies the chain that an index belongs to.
type Binding struct {
	ChainID string
	// Genesis is the hash of its genesis document in hex.
	Genesis string
}

// position is how far the index has got.
type position struct {
	Binding
	height   int64
	complete bool
}

// Open opens or creates the index in a folder. A file that is not an index of
// this version is replaced, because everything in it comes from the chain.
func Open(ctx context.Context, dir string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the index of machines: %w", err)
	}
	path := filepath.Join(dir, "machines.db")
	s, err := open(ctx, path)
	if err == nil {
		return s, nil
	}
	if ctx.Err() != nil {
		return nil, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("replace the index of machines: %w", err)
		}
	}
	return open(ctx, path)
}

func open(ctx context.Context, path string) (*Store, error) {
	// A lost write only means that some blocks are read again, so NORMAL is
	// sufficient. Each connection has its own cache, in KiB; beyond that, the
	// system's cache is just as fast.
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"+
		"&_pragma=busy_timeout(5000)&_pragma=cache_size(-2048)&_pragma=journal_size_limit(16777216)&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open the index of machines: %w", err)
	}
	db.SetMaxOpenConns(3)
	s := &Store{db: db, counts: map[string]counts{}}
	if err := s.prepare(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open the index of machines: %w", err)
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	var version int
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version == schemaVersion {
		_, err := s.position(ctx) // a file that is damaged after its header is replaced too
		return err
	}
	if version != 0 {
		return fmt.Errorf("version %d, want %d", version, schemaVersion)
	}
	return s.change(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion))
		return err
	})
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// change runs one transaction, after which no cached count is valid any more.
func (s *Store) change(ctx context.Context, edit func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("change the index of machines: %w", err)
	}
	if err := edit(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("change the index of machines: %w", err)
	}
	s.forget()
	return nil
}

func (s *Store) position(ctx context.Context) (position, error) {
	var p position
	err := s.db.QueryRowContext(ctx, "SELECT chain_id, genesis, height, complete FROM meta").
		Scan(&p.ChainID, &p.Genesis, &p.height, &p.complete)
	if errors.Is(err, sql.ErrNoRows) {
		return position{}, nil
	}
	if err != nil {
		return position{}, fmt.Errorf("read the state of the index: %w", err)
	}
	return p, nil
}

func setPosition(ctx context.Context, tx *sql.Tx, p position) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (one, chain_id, genesis, height, complete) VALUES (1, ?, ?, ?, ?)
		ON CONFLICT (one) DO UPDATE SET chain_id = excluded.chain_id, genesis = excluded.genesis,
		height = excluded.height, complete = excluded.complete`, p.ChainID, p.Genesis, p.height, p.complete)
	if err != nil {
		return fmt.Errorf("write the state of the index: %w", err)
	}
	return nil
}
