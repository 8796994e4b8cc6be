package helper_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
)

// TestAdopt: a VM that a node without a helper made goes on under one, and is as
// safe as its own: the seed is the one that it was made with.
func TestAdopt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	must(t, os.MkdirAll(filepath.Join(taskdir.Dir(w.data), folderOf("old")), 0o711))
	d, id := w.seed(rent, "old"), binding.VM(rent, folderOf("old"))
	must(t, guests.Adopt(w.data, binding, []guests.Kept{{
		Folder: folderOf("old"), TaskID: folderOf("old"), RentID: rent, Wallet: alice.Address(),
		Image: "tiny.qcow2", GiB: 10, Disks: []string{"vdb"}, UUID: id.UUID, Tap: id.Tap, Seed: d,
	}}))
	w.bind()
	w.make("old") // as before
	must(t, w.client.Define(t.Context(), w.vm("old")))
	must(t, w.client.Start(t.Context(), id.UUID))
	d.AuthorizedKeys = []string{someKey}
	if err := w.client.WriteSeed(t.Context(), folderOf("old"), d); err == nil {
		t.Error("another key was taken")
	}
}

// TestWipeBeforeTheHelper: the folder of a node that does not run is marked before it is
// deleted, and what a kill leaves is finished when the record is opened again.
func TestWipeBeforeTheHelper(t *testing.T) {
	t.Parallel()
	data, folder := t.TempDir(), folderOf("old")
	tasks, records := taskdir.Dir(data), filepath.Join(data, "record")
	id := binding.VM(rent, folder)
	must(t, os.MkdirAll(filepath.Join(tasks, folder), 0o711))
	must(t, guests.Adopt(data, binding, []guests.Kept{{
		Folder: folder, TaskID: folder, RentID: rent, Wallet: alice.Address(), UUID: id.UUID, Tap: id.Tap, Seed: seed.Data{HostKey: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))},
	}}))
	recorded := func() (record.Record, error) {
		s, err := record.Open(records, func(uint64, string) record.VM { return record.VM{} })
		must(t, err)
		return s.Get(folder)
	}
	// The folder can't be deleted: there is a file where the folders are.
	must(t, os.Rename(tasks, tasks+"-away"))
	must(t, os.WriteFile(tasks, nil, 0o600))
	if _, err := guests.OpenFolders(data, binding).Wipe(t.Context(), folder); err == nil {
		t.Error("it was wiped")
	}
	if r, err := recorded(); err != nil || !r.Removing {
		t.Errorf("after a wipe that failed: %+v, %v", r, err)
	}
	must(t, os.Remove(tasks))
	must(t, os.Rename(tasks+"-away", tasks))
	for round, want := range []error{nil, record.ErrUnknown} { // with its folder, and without
		if _, err := guests.New(t.Context(), guests.Rules{Data: data}, binding, func(context.Context, names.Binding) (guests.Parts, error) {
			return guests.Parts{}, nil
		}); err != nil {
			t.Fatal(err)
		}
		if r, err := recorded(); !errors.Is(err, want) || err == nil && !r.Removing {
			t.Errorf("round %d: %+v, %v, want %v", round, r, err, want)
		}
		must(t, os.RemoveAll(filepath.Join(tasks, folder)))
	}
}
