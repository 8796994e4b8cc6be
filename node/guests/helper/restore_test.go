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
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/record"
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
	old := idOf("first")
	must(t, c.Define(ctx, w.vm("first")))
	must(t, c.Start(ctx, old))
	proof := session(t, sign(t, alice, guests.PathCreate, map[string]any{
		"restore_task_id": folder, "task_id": folderOf("second"), "ssh_public_keys": []string{someKey + "\n"},
	}), alice, auth.ScopeOperate, 9, nil)
	claim := guests.Claim{TaskID: folderOf("second"), RentID: 9, Wallet: alice.Address(), Proof: &proof}
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, vm.ErrRunning) {
		t.Errorf("while it runs: %v", err)
	}
	must(t, c.Stop(ctx, old))
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, vm.ErrRunning) {
		t.Errorf("while it may start: %v", err)
	}
	must(t, c.Undefine(ctx, old))
	must(t, c.TakeOver(ctx, folder, claim))
	w.stop()
	w.start()
	until(t, "the helper", func() bool { return c.TakeOver(ctx, folder, claim) == nil }) // repeated after a kill

	if err := c.Start(ctx, old); !errors.Is(err, vm.ErrNotFound) {
		t.Errorf("start of the VM before: %v", err)
	}
	if err := c.Define(ctx, w.vm("first")); !errors.Is(err, vm.ErrBadSpec) {
		t.Errorf("definition before its seed is written: %v", err)
	}
	if err := c.WriteSeed(ctx, folder, w.seed(rent, "first")); !errors.Is(err, guests.ErrRefused) {
		t.Errorf("seed of the VM before: %v", err)
	}
	// The VM is the same one in another task: all but its address and login stays.
	data := w.seed(rent, "first")
	data.Addr, data.AuthorizedKeys = w.seed(9, "second").Addr, []string{aKey}
	for what, spoil := range map[string]func(*seed.Data){
		"another key":              func(*seed.Data) {},
		"a key more":               func(d *seed.Data) { d.AuthorizedKeys = []string{someKey, aKey} },
		"a password beside":        func(d *seed.Data) { d.AuthorizedKeys, d.PasswordHash = []string{someKey}, aHash },
		"an instance id of nobody": func(d *seed.Data) { d.AuthorizedKeys, d.InstanceID = []string{someKey}, "i-2" },
		"an instance id of mallory's": func(d *seed.Data) {
			d.AuthorizedKeys, d.InstanceID = []string{someKey}, string(binding.VM(rented, folderOf("mine")).UUID)
		},
		"a card of mallory's": func(d *seed.Data) {
			d.AuthorizedKeys, d.MAC = []string{someKey}, binding.VM(rented, folderOf("mine")).MAC
		},
	} {
		bad := data
		spoil(&bad)
		if err := c.WriteSeed(ctx, folder, bad); !errors.Is(err, guests.ErrRefused) {
			t.Errorf("seed with %s: %v", what, err)
		}
	}
	data.AuthorizedKeys, data.InstanceID = []string{someKey}, string(binding.VM(9, folderOf("second")).UUID)
	must(t, c.WriteSeed(ctx, folder, data)) // set up afresh, for another login
	must(t, c.Define(ctx, w.vm("first")))
	spec, _ := w.driver.Spec(old) // the same VM, of the new rental
	if spec.Name != binding.VM(9, folderOf("second")).Domain || spec.NIC.Addr != addrOf("second") || spec.NIC.MAC.String() != data.MAC.String() {
		t.Errorf("defined as %+v", spec)
	}
	must(t, c.Start(ctx, old))
	must(t, c.Stop(ctx, old))
	must(t, c.Undefine(ctx, old))

	again := claim
	again.TaskID = folderOf("third")
	if err := c.TakeOver(ctx, folder, again); !errors.Is(err, guests.ErrConsent) {
		t.Errorf("the request once more, for another task: %v", err)
	}
	// The node gave the disks back to the first task, from which they go on.
	third := sign(t, alice, guests.PathCreate, map[string]any{"restore_task_id": folder})
	must(t, c.TakeOver(ctx, folder, guests.Claim{TaskID: folderOf("third"), RentID: 10, Proof: &third}))
	must(t, c.WriteSeed(ctx, folder, withoutKeys(data))) // and its guest as it is
	if err := c.TakeOver(ctx, folder, claim); !errors.Is(err, guests.ErrConsent) {
		t.Errorf("back to the second by its old request: %v", err)
	}
}

// withoutKeys is what was signed with no key of a login.
func withoutKeys(d seed.Data) seed.Data {
	d.AuthorizedKeys, d.PasswordHash = nil, aHash
	return d
}

// TestRestoreAfresh: disks that a node of schema 0 kept make a VM of their new task.
func TestRestoreAfresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("first")
	ctx, c, folder := t.Context(), w.client, folderOf("first")
	proof := sign(t, alice, guests.PathCreate, map[string]any{"restore_task_id": folder, "ssh_public_keys": []string{someKey}})
	must(t, c.TakeOver(ctx, folder, guests.Claim{TaskID: folderOf("second"), RentID: 9, Wallet: alice.Address(), Proof: &proof}))
	data := w.seed(9, "second")
	data.AuthorizedKeys = []string{someKey}
	must(t, c.WriteSeed(ctx, folder, data))
	must(t, c.Define(ctx, w.vm("first"))) // its folder
	id := binding.VM(9, folderOf("second"))
	if spec, ok := w.driver.Spec(id.UUID); !ok || spec.Name != id.Domain || spec.NIC.Tap != id.Tap || spec.NIC.MAC.String() != id.MAC.String() {
		t.Errorf("defined as %+v, %v", spec, ok)
	}
	before := w.seed(rent, "first")
	before.AuthorizedKeys = []string{someKey}
	if err := c.WriteSeed(ctx, folder, before); !errors.Is(err, guests.ErrRefused) {
		t.Errorf("seed of the VM before: %v", err)
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
	ctx, c, id, folder := t.Context(), w.client, idOf("hers"), folderOf("hers")
	must(t, c.Define(ctx, w.vm("hers")))
	for _, then := range []func(context.Context, vm.UUID) error{c.Start, c.Stop} {
		must(t, then(ctx, id))
		if _, err := c.Wipe(ctx, folder); !errors.Is(err, vm.ErrRunning) {
			t.Errorf("remove: %v", err)
		}
	}
	must(t, c.Undefine(ctx, id))
	w.wipe(folder)
	must(t, w.driver.Define(ctx, w.spec("hers"))) // by a call that was late
	hers := guests.Claim{TaskID: folder, RentID: rent, Wallet: mallory.Address()}
	if err := c.MakeSystem(ctx, folder, hers, base.Name, 10); !errors.Is(err, vm.ErrRunning) {
		t.Errorf("another VM of its name: %v", err)
	}
	must(t, c.Undefine(ctx, id))
	must(t, c.MakeSystem(ctx, folder, hers, base.Name, 10))
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
	claim := guests.Claim{TaskID: folder, RentID: rent, Wallet: alice.Address()}
	if err := w.client.MakeSystem(ctx, folder, claim, base.Name, 10); !errors.Is(err, record.ErrUnknown) {
		t.Errorf("make a VM in it: %v", err)
	}
	if list, err := w.client.Folders(ctx); err != nil || len(list) != 1 || list[0] != folder {
		t.Errorf("folders are %q, %v", list, err)
	}
	w.wipe(folder)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there still: %v", err)
	}
	must(t, w.client.MakeSystem(ctx, folder, claim, base.Name, 10))
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
