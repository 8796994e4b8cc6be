// Package journal is what a compute node remembers over its death: tasks with
// their steps and reservations, used nonces, and the chain's last word. It is
// one bbolt file, mode 0600, written through to disk with every change.
package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
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
	keyBinding   = []byte("binding")
	keyView      = []byte("view")
	// keyForgotten and keyForgottenGrants are up to when nonces, and sessions, were forgotten.
	keyForgotten       = []byte("nonces_forgotten")
	keyForgottenGrants = []byte("sessions_forgotten")
)

// Binding is what everything that outlives a process belongs to.
type Binding struct {
	ChainID     string `json:"chain_id"`
	GenesisHash string `json:"genesis_hash"`
	MachineID   string `json:"machine_id"`
}

// Journal is an open journal. Its methods may be called concurrently.
type Journal struct {
	db   *bbolt.DB
	room room
	uses uses
}

// Open opens or makes the journal of path. One that belongs to another chain,
// genesis or machine is ErrOtherBinding and left as it is.
func Open(path string, want Binding) (*Journal, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		return nil, fmt.Errorf("make the journal's folder: %w", err)
	}
	j := &Journal{}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, OpenFile: j.room.open})
	if err != nil {
		return nil, fmt.Errorf("open the journal %s: %w", path, err)
	}
	j.db = db
	if err := j.bind(want); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := j.countNonces(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return j, nil
}

// Peek is the binding of the journal of path; ok is false where there is none.
func Peek(path string) (b Binding, ok bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return b, false, nil
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, ReadOnly: true})
	if err != nil {
		return b, false, fmt.Errorf("open the journal %s: %w", path, err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return nil
		}
		if text := meta.Get(keyBinding); text != nil {
			ok = true
			return json.Unmarshal(text, &b)
		}
		return nil
	})
	return b, ok, errors.Join(err, db.Close())
}

// Close closes the file; what was written is on disk already.
func (j *Journal) Close() error { return j.db.Close() }

// update writes in one transaction, in room that was taken from the disk before.
func (j *Journal) update(change func(tx *bbolt.Tx) error) error {
	return j.db.Update(func(tx *bbolt.Tx) error {
		j.room.ensure(tx.Size())
		return change(tx)
	})
}

// bind writes only to a journal that is new: what is there already can be opened
// on a disk that is full.
func (j *Journal) bind(want Binding) error {
	err := j.db.View(func(tx *bbolt.Tx) error { return check(tx, want) })
	if errors.Is(err, errNew) {
		return j.update(func(tx *bbolt.Tx) error { return prepare(tx, want) })
	}
	return err
}

var (
	errNew  = errors.New("the journal is new")
	buckets = [][]byte{bucketMeta, bucketTasks, bucketNonces, bucketUntil, bucketIDs, bucketGrants}
)

func prepare(tx *bbolt.Tx, want Binding) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return fmt.Errorf("make bucket %s: %w", name, err)
		}
	}
	return put(tx.Bucket(bucketMeta), keyBinding, want)
}

// check is errNew where a bucket or the binding is missing.
func check(tx *bbolt.Tx, want Binding) error {
	for _, name := range buckets {
		if tx.Bucket(name) == nil {
			return errNew
		}
	}
	text := tx.Bucket(bucketMeta).Get(keyBinding)
	if text == nil {
		return errNew
	}
	var have Binding
	if err := json.Unmarshal(text, &have); err != nil {
		return fmt.Errorf("read the journal's binding: %w", err)
	}
	if have != want {
		return fmt.Errorf("the journal is of chain %s with genesis %s and machine %s, not of %s, %s and %s; "+
			"move its folder away to begin anew: %w", have.ChainID, have.GenesisHash, have.MachineID,
			want.ChainID, want.GenesisHash, want.MachineID, ErrOtherBinding)
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
