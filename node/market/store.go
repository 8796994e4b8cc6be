// Package market is a client node's index of machines: a file that is filled
// from the chain, followed by its events, and searched by any filter in any
// order. The chain is the truth; the file can be deleted at any time.
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
)

// schema version: another one is dropped and made anew.
const schemaVersion = 5

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
  stake INTEGER NOT NULL,
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

// searched are the indexes of searches, by name. A first filling goes without
// them: one made at the end costs a fraction of writing each machine's places into it.
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

// common are what most searches ask for. Each order's index has them, so that a
// walk passes what doesn't fit without reading the machine.
var common = []string{"state", "gpu_type", "country", "free_slots"}

// indexOf is the index of an order.
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
	// Without its counts SQLite takes most machines being online for a rare state.
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

	// counts of the filters asked for last, good for one revision.
	mu       sync.Mutex
	revision uint64
	counts   map[string]counts
}

// Binding says which chain an index is of.
type Binding struct {
	ChainID string
	// Genesis is the hash of its genesis document in hex.
	Genesis string
}

// position is how far the index is.
type position struct {
	Binding
	height   int64
	complete bool
}

// Open opens or makes the index in a folder. A file that is no index of this
// version is replaced: all of it comes from the chain.
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
	// A rolled back write costs blocks that are read again, so NORMAL will do. Each
	// connection has a cache of its own, in KiB; beyond it, the system's is as near.
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
		_, err := s.position(ctx) // a file that is broken behind its head is replaced too
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

// change runs one transaction; afterwards no count is good any more.
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
