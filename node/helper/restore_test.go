package helper_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/helper"
	"github.com/dbc-network/dbc/node/helper/record"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// TestRestore: kept disks go to the VM that their renter signed for, with the keys
// that are in the request and no others, once, and the VM before has lost them.
func TestRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("first")
	ctx, c, folder := t.Context(), w.client, folderOf("first")
	old := w.spec(t, "first")
	must(t, c.Define(ctx, old))
	must(t, c.Start(ctx, old.UUID))
	proof := session(t, sign(t, alice, helper.PathCreate, map[string]any{
		"restore_task_id": folder, "task_id": folderOf("second"), "ssh_public_keys": []string{someKey + "\n"},
	}), alice, auth.ScopeOperate, 9, nil)
	claim := taskdir.Claim{TaskID: folderOf("second"), RentID: 9, Wallet: alice.Address(), Proof: &proof}
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, vm.ErrRunning) {
		t.Errorf("while it runs: %v", err)
	}
	must(t, c.Stop(ctx, old.UUID))
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, vm.ErrRunning) {
		t.Errorf("while it may start: %v", err)
	}
	must(t, c.Undefine(ctx, old.UUID))
	must(t, c.TakeOver(ctx, folder, claim))
	w.stop()
	w.start()
	until(t, "the helper", func() bool { return c.TakeOver(ctx, folder, claim) == nil }) // repeated after a kill

	if err := c.Start(ctx, old.UUID); !errors.Is(err, vm.ErrNotFound) {
		t.Errorf("start of the VM before: %v", err)
	}
	if err := c.Define(ctx, old); !errors.Is(err, vm.ErrBadSpec) {
		t.Errorf("definition of the VM before: %v", err)
	}
	if err := c.WriteSeed(ctx, folder, w.seed(rent, "first")); !errors.Is(err, helper.ErrRefused) {
		t.Errorf("seed of the VM before: %v", err)
	}
	data := w.seed(9, "second")
	data.Addr, data.AuthorizedKeys = w.seed(9, "second").Addr, []string{aKey}
	for what, spoil := range map[string]func(*seed.Data){
		"another key":       func(*seed.Data) {},
		"a key more":        func(d *seed.Data) { d.AuthorizedKeys = []string{someKey, aKey} },
		"a password beside": func(d *seed.Data) { d.AuthorizedKeys, d.PasswordHash = []string{someKey}, aHash },
	} {
		bad := data
		spoil(&bad)
		if err := c.WriteSeed(ctx, folder, bad); !errors.Is(err, helper.ErrRefused) {
			t.Errorf("seed with %s: %v", what, err)
		}
	}
	data.AuthorizedKeys = []string{someKey}
	must(t, c.WriteSeed(ctx, folder, data))
	spec := w.specFor(9, "first") // its folder
	id := host.Identify(binding, 9, folderOf("second"))
	spec.UUID, spec.Name, spec.NIC.Tap, spec.NIC.MAC, spec.NIC.Addr = id.UUID, id.Domain, id.Tap, id.MAC, addrOf("second")
	must(t, c.Define(ctx, spec))
	must(t, c.Start(ctx, spec.UUID))
	must(t, c.Stop(ctx, spec.UUID))
	must(t, c.Undefine(ctx, spec.UUID))

	again := claim
	again.TaskID = folderOf("third")
	if err := c.TakeOver(ctx, folder, again); !errors.Is(err, helper.ErrConsent) {
		t.Errorf("the request once more, for another task: %v", err)
	}
	// The node gave the disks back to the first task, from which they go on.
	third := sign(t, alice, helper.PathCreate, map[string]any{"restore_task_id": folder})
	must(t, c.TakeOver(ctx, folder, taskdir.Claim{TaskID: folderOf("third"), RentID: 10, Proof: &third}))
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, helper.ErrConsent) {
		t.Errorf("back to the second by its old request: %v", err)
	}
}

// TestRemoveOutlastsTheDomain: while a VM is there its folder is not deleted, and
// nobody makes another VM of its name, whose passwords would then be that one's.
func TestRemoveOutlastsTheDomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := w.image("tiny.qcow2")
	w.bind()
	w.make("hers")
	ctx, c, spec, folder := t.Context(), w.client, w.spec(t, "hers"), folderOf("hers")
	must(t, c.Define(ctx, spec))
	for _, then := range []func(context.Context, vm.UUID) error{c.Start, c.Stop} {
		must(t, then(ctx, spec.UUID))
		if err := c.Remove(ctx, folder); !errors.Is(err, vm.ErrRunning) {
			t.Errorf("remove: %v", err)
		}
	}
	must(t, c.Undefine(ctx, spec.UUID))
	must(t, c.Remove(ctx, folder))
	must(t, w.driver.Define(ctx, spec)) // by a call that was late
	hers := taskdir.Claim{TaskID: folder, RentID: rent, Wallet: mallory.Address()}
	if err := c.MakeSystem(ctx, folder, hers, base, 10); !errors.Is(err, vm.ErrRunning) {
		t.Errorf("another VM of its name: %v", err)
	}
	must(t, c.Undefine(ctx, spec.UUID))
	must(t, c.MakeSystem(ctx, folder, hers, base, 10))
}

// TestUnrecorded: a folder that the record does not have is nobody's, and can be
// named and removed.
func TestUnrecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := w.image("tiny.qcow2")
	w.bind()
	ctx, folder := t.Context(), folderOf("stray")
	dir := filepath.Join(w.data, "tasks", folder)
	must(t, os.MkdirAll(dir, 0o711))
	claim := taskdir.Claim{TaskID: folder, RentID: rent, Wallet: alice.Address()}
	if err := w.client.MakeSystem(ctx, folder, claim, base, 10); !errors.Is(err, record.ErrUnknown) {
		t.Errorf("make a VM in it: %v", err)
	}
	if list, err := w.client.Folders(ctx); err != nil || len(list) != 1 || list[0] != folder {
		t.Errorf("folders are %q, %v", list, err)
	}
	must(t, w.client.Remove(ctx, folder))
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there still: %v", err)
	}
	must(t, w.client.MakeSystem(ctx, folder, claim, base, 10))
}

// TestRecordIsRoots: nobody else can read or change it, and one that is damaged
// stops the helper rather than make its folder nobody's.
func TestRecordIsRoots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("recorded")
	dir := filepath.Join(w.data, "record")
	path := filepath.Join(dir, folderOf("recorded")+".json")
	for name, mode := range map[string]fs.FileMode{dir: 0o700, path: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s is %v, %v, want %v", name, info, err, mode)
		}
	}
	must(t, os.WriteFile(path, []byte("{"), 0o600))
	w.stop()
	w.start()
	until(t, "the damage to be told", func() bool {
		_, err := w.client.List(t.Context())
		return err != nil && strings.Contains(err.Error(), path)
	})
}
