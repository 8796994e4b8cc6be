// Package journal stores what a compute node remembers across restarts: tasks with their
// steps and reservations, used nonces, and the last height seen of the chain. It is one
// bbolt file, mode 0600, synced to disk with every change. The file has a schema; one of
// an older build is migrated when it is opened (README.md).
package journal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/node/change"
	"github.com/dbc-network/dbc/node/guests/names"
)

// lockWait bounds how long Open waits for another process to close the file.
const lockWait = 3 * time.Second

var (
	bucketMeta   = []byte("meta")
	bucketTasks  = []byte("tasks")
	bucketNonces = []byte("nonces")
	bucketUntil  = []byte("nonces_until")
	bucketIDs    = []byte("session_ids")
	bucketGrants = []byte("sessions")
	keyBinding   = []byte("bound_to")
	keySchema    = []byte("schema")
	keyView      = []byte("view")
	// keyForgotten and keyForgottenGrants hold the time up to which nonces and sessions
	// were forgotten.
	keyForgotten       = []byte("nonces_forgotten")
	keyForgottenGrants = []byte("sessions_forgotten")
)

// Journal is an open journal. Its methods may be called concurrently.
type Journal struct {
	db      *bbolt.DB
	room    room
	uses    uses
	changes change.Signal
}

// Open opens or creates the journal at path. One of an older build is migrated. One
// that belongs to another chain, genesis or machine is ErrOtherBinding, one of a
// newer build ErrNewer and one that can't be read ErrDamaged; each is left as it is.
func Open(path string, want names.Binding) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return nil, fmt.Errorf("make the journal's folder: %w", err)
	}
	j := &Journal{}
	err := guarded(path, func() (err error) {
		j.db, err = open(path, &j.room, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the journal %s: %w", path, err)
	}
	err = guarded(path, func() error {
		for _, step := range []func() error{
			func() error { return j.bind(want) }, func() error { return j.db.View(readable) }, j.countNonces,
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, j.db.Close())
	}
	return j, nil
}

// open leaves no lock behind where the database panics on a damaged file: the
// file stays mapped then, and would keep its lock.
func open(path string, r *room, readOnly bool) (db *bbolt.DB, err error) {
	defer func() {
		if db == nil && r.file != nil { // already closed unless it panicked
			unlock(r.file)
			_ = r.file.Close()
		}
	}()
	return bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, OpenFile: r.open, ReadOnly: readOnly})
}

// Peek returns the binding of the journal at path; ok is false where there is none.
func Peek(path string) (b names.Binding, ok bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return b, false, nil
	}
	err = guarded(path, func() error {
		db, err := open(path, &room{}, true)
		if err != nil {
			return err
		}
		err = db.View(func(tx *bbolt.Tx) (err error) {
			b, ok, err = bindingOf(tx)
			return err
		})
		return errors.Join(err, db.Close())
	})
	if err != nil {
		return b, false, fmt.Errorf("open the journal %s: %w", path, err)
	}
	return b, ok, nil
}

// Close closes the file; what was written is already on disk.
func (j *Journal) Close() error { return j.db.Close() }

// update writes in one transaction, in disk space that was allocated before.
func (j *Journal) update(change func(tx *bbolt.Tx) error) error {
	return j.db.Update(func(tx *bbolt.Tx) error {
		j.room.ensure(tx.Size())
		return change(tx)
	})
}

// updateTasks is update for what changes tasks.
func (j *Journal) updateTasks(change func(tx *bbolt.Tx) error) error {
	err := j.update(change)
	if err == nil {
		j.changes.Tell()
	}
	return err
}

// Changed returns a channel that is closed when a task is written next.
func (j *Journal) Changed() <-chan struct{} { return j.changes.Next() }

// bind writes only to a journal that is new or old: any other can be opened on a
// full disk.
func (j *Journal) bind(want names.Binding) error {
	err := j.db.View(func(tx *bbolt.Tx) error { return check(tx, want) })
	switch {
	case errors.Is(err, errNew):
		return j.update(func(tx *bbolt.Tx) error { return prepare(tx, want) })
	case errors.Is(err, errOld):
		return j.update(func(tx *bbolt.Tx) error { return migrate(tx, want) })
	}
	return err
}

var (
	errNew  = errors.New("the journal is new")
	errOld  = errors.New("the journal is an older build's")
	buckets = [][]byte{bucketMeta, bucketTasks, bucketNonces, bucketUntil, bucketIDs, bucketGrants}
)

func prepare(tx *bbolt.Tx, want names.Binding) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	meta := tx.Bucket(bucketMeta)
	return errors.Join(put(meta, keyBinding, want), put(meta, keySchema, schema), put(meta, keyBinding0, barrier))
}

// check returns errNew where a bucket or the binding is missing, and errOld for
// a journal that has to be migrated.
func check(tx *bbolt.Tx, want names.Binding) error {
	have, ok, err := bindingOf(tx)
	switch {
	case err != nil:
		return err
	case !ok:
		return errNew
	case have != want:
		return fmt.Errorf("the journal is of chain %s with genesis %s and machine %s, not of %s, %s and %s; "+
			"move its folder away to begin anew: %w", have.ChainID, have.GenesisHash, have.MachineID,
			want.ChainID, want.GenesisHash, want.MachineID, ErrOtherBinding)
	}
	if version, err := schemaOf(tx); err != nil || version < schema {
		return cmp.Or(err, errOld)
	}
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return fmt.Errorf("%w: bucket %s is missing", ErrDamaged, name)
		}
	}
	return nil
}

func put(bucket *bbolt.Bucket, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", key, err)
	}
	return bucket.Put(key, text)
}
