package journal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/dbc-network/dbc/node/compute/journal"
)

// TestSnapshotWhileItIsWritten: each copy is one committed state of a journal that others
// write to at the same time.
func TestSnapshotWhileItIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "journal.db")
	j := open(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				ended <- nil
				return
			case <-tick.C:
			}
			if err := j.Use(context.Background(), "w", fmt.Sprint(i), time.Now().Add(time.Hour), time.Now()); err != nil {
				ended <- err
				return
			}
		}
	}()
	for i := range 10 {
		to := filepath.Join(dir, fmt.Sprint("copy", i))
		if err := journal.Snapshot(t.Context(), path, to); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(to)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		check(t, to)
		if err := open(t, to).Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := journal.Snapshot(t.Context(), path, filepath.Join(dir, "copy0")); err == nil {
		t.Error("a copy was overwritten")
	}
}

// check has the database look for pages that are lost, or of two at once.
func check(t *testing.T, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.View(func(tx *bbolt.Tx) error {
		for wrong := range tx.Check() {
			t.Error(wrong)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}
