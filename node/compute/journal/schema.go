package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/guests/names"
)

// schema is the version of the records that this build writes. Builds before
// schemas wrote schema 0, without a number.
const schema = 1

// keyBinding0 is where schema 0 has its binding. From schema 1 on it holds barrier:
// a build before schemas, which would read new tasks as empty ones, then refuses
// the journal as another chain's and shows these words.
var (
	keyBinding0 = []byte("binding")
	barrier     = names.Binding{ChainID: "(this journal is of a newer version of dbc: run that one)"}
)

// bindingOf returns what a journal is bound to, whatever its schema.
func bindingOf(tx *bbolt.Tx) (b names.Binding, ok bool, err error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		return b, false, nil
	}
	text := meta.Get(keyBinding)
	if text == nil && meta.Get(keySchema) == nil {
		text = meta.Get(keyBinding0)
	}
	if text == nil {
		return b, false, nil
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, false, fmt.Errorf("%w: its binding: %w", ErrDamaged, err)
	}
	return b, true, nil
}

// schemaOf returns the journal's schema, or ErrNewer for one that this build does not
// know.
func schemaOf(tx *bbolt.Tx) (version int, err error) {
	text := tx.Bucket(bucketMeta).Get(keySchema)
	if text == nil {
		return 0, nil
	}
	if err := json.Unmarshal(text, &version); err != nil || version < 1 {
		return 0, fmt.Errorf("%w: its schema is %.20q", ErrDamaged, text)
	}
	if version > schema {
		return 0, fmt.Errorf("%w: it has schema %d, this program knows up to %d; nothing was changed, run the version of dbc that wrote it or a newer one",
			ErrNewer, version, schema)
	}
	return version, nil
}

// reached is called at each step of a migration; only tests end the program there.
var reached = func(string) {}

// migrate converts a journal of schema 0 to this one in one transaction: if it is
// interrupted, the file is as it was.
func migrate(tx *bbolt.Tx, want names.Binding) error {
	reached("begin")
	if err := prepare(tx, want); err != nil {
		return err
	}
	reached("schema")
	bucket := tx.Bucket(bucketTasks)
	old := map[string][]byte{}
	err := bucket.ForEach(func(id, text []byte) error {
		old[string(id)] = slices.Clone(text)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the tasks: %w", err)
	}
	for id, text := range old {
		t, err := migrateTask0(text)
		if err != nil {
			return fmt.Errorf("%w: task %.60q of schema 0: %w", ErrDamaged, id, err)
		}
		if err := put(bucket, []byte(id), t); err != nil {
			return err
		}
		reached("task")
	}
	tx.OnCommit(func() { reached("committed") })
	reached("end")
	return nil
}

// readable returns ErrDamaged unless the whole file can be read and its tasks are
// such as this build writes.
func readable(tx *bbolt.Tx) error {
	for _, name := range buckets {
		err := tx.Bucket(name).ForEach(func(key, text []byte) error {
			if name := string(name); name != string(bucketTasks) {
				return nil
			}
			t, err := decode(text)
			if err != nil {
				return fmt.Errorf("%w: task %.60q: %w", ErrDamaged, key, err)
			}
			if _, known := lifecycle.Of(t.Progress.State); !known || t.ID != string(key) {
				return fmt.Errorf("%w: task %.60q is %.60q, and is %.60q", ErrDamaged, key, t.ID, t.Progress.State)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// guarded reads a file that may be damaged: the database then panics, or touches
// mapped memory beyond the file's end. The error says what can be done about it.
func guarded(path string, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if wrong := recover(); wrong != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, wrong)
		}
		if slices.ContainsFunc(unreadable, func(e error) bool { return errors.Is(err, e) }) {
			err = fmt.Errorf("%w (%w); it is left as it is: put a copy of %s back, or move it away to begin without one: "+
				"VMs that run are left alone then, and dbc node check names their folders", ErrDamaged, err, path)
		}
	}()
	return read()
}

// unreadable are the errors of a file that is not, or no longer, a journal.
var unreadable = []error{
	ErrDamaged, bolterrors.ErrInvalid, bolterrors.ErrChecksum, bolterrors.ErrVersionMismatch, bolterrors.ErrInvalidMapping,
}
