package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

var first = []uint64{1}

// size returns the size of a data disk's file in GiB, -1 where there is none.
func (w *world) size(id, disk string) int64 {
	info, err := os.Stat(filepath.Join(w.dir, "tasks", id, disk+".raw"))
	if err != nil {
		return -1
	}
	return info.Size() >> 30
}

func (w *world) addDisk(id string, gib uint64) string {
	w.t.Helper()
	name, err := w.host.AddDisk(context.Background(), as(alice, first...), id, gib)
	if err != nil {
		w.t.Fatal(err)
	}
	return name
}

// wants compares a task's disks (name and GiB) with what is reserved and what
// the running guest has.
func (w *world) wants(id string, want ...string) {
	w.t.Helper()
	t := w.task(id)
	var have, names []string
	for _, d := range t.Disks.Data {
		if d.Doing != "" {
			w.t.Errorf("%s is %s", d.Name, d.Doing)
		}
		if w.size(id, d.Name) != int64(d.GiB) {
			w.t.Errorf("%s has %d GiB, its file %d", d.Name, d.GiB, w.size(id, d.Name))
		}
		have, names = append(have, fmt.Sprint(d.Name, " ", d.GiB)), append(names, d.Name)
	}
	if !slices.Equal(have, want) || t.Reserved.DiskGiB != t.Disks.GiB() {
		w.t.Errorf("disks %q, want %q; %d GiB reserved", have, want, t.Reserved.DiskGiB)
	}
	if w.domain(t.Identity.UUID) != vm.StateRunning {
		return
	}
	for _, name := range w.driver.Disks(t.Identity.UUID) {
		if name != "vda" && name != "vdz" && !slices.Contains(names, name) {
			w.t.Errorf("the guest has %s too", name)
		}
	}
	for _, name := range names {
		if !slices.Contains(w.driver.Disks(t.Identity.UUID), name) {
			w.t.Errorf("the guest has no %s", name)
		}
	}
}

func TestDisks(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running() // 10 GiB of a share of 50
		ctx := context.Background()
		w.driver.Fail("Attach", vm.ErrUnavailable) // or the disk may be there before the next line
		if name := w.addDisk(task.ID, 5); name != "vdb" {
			t.Errorf("the first disk is %s", name)
		}
		if _, err := w.host.AddDisk(ctx, as(alice, first...), task.ID, 1); !errors.Is(err, ErrBusy) {
			t.Errorf("at the same time: %v", err)
		}
		if err := w.host.Operate(as(alice, first...), task.ID, lifecycle.PowerOff); !errors.Is(err, ErrBusy) {
			t.Errorf("poweroff at the same time: %v", err)
		}
		w.driver.Fail("Attach", nil)
		settle(time.Minute)
		w.wants(task.ID, "vdb 5")
		w.addDisk(task.ID, 2)
		settle(time.Second)
		w.wants(task.ID, "vdb 5", "vdc 2")
		resize := func(name string, gib uint64) error {
			return w.host.ResizeDisk(ctx, as(alice, first...), task.ID, name, gib)
		}
		if err := resize("vdb", 8); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		// The fake emulator grows no file; resizing the disk of a guest that is off does.
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		if err := resize("vdb", 9); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.wants(task.ID, "vdb 9", "vdc 2")
		if err := w.host.DeleteDisk(ctx, as(alice, first...), task.ID, "vdc"); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.wants(task.ID, "vdb 9")
		w.addDisk(task.ID, 3)
		settle(time.Second)
		w.ask(task.ID, lifecycle.Start)
		settle(time.Second)
		w.wants(task.ID, "vdb 9", "vdc 3") // attached at the start
		if err := w.host.DeleteDisk(ctx, as(alice, first...), task.ID, "vdb"); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.wants(task.ID, "vdc 3")
		if n := w.size(task.ID, "vdb"); n >= 0 {
			t.Errorf("the deleted disk has %d GiB", n)
		}
	})
}

func TestDisksRefused(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.addDisk(task.ID, 5)
		settle(time.Second)
		ctx := context.Background()
		before := w.task(task.ID)
		for name, c := range map[string]struct {
			ask  func() error
			want error
		}{
			"another's":      {func() error { _, err := w.host.AddDisk(ctx, as(bob, first...), task.ID, 1); return err }, ErrNotFound},
			"another rental": {func() error { _, err := w.host.AddDisk(ctx, as(alice, 2), task.ID, 1); return err }, ErrNotFound},
			"over the share": {func() error { _, err := w.host.AddDisk(ctx, as(alice, first...), task.ID, 36); return err }, ErrDisk},
			"none":           {func() error { _, err := w.host.AddDisk(ctx, as(alice, first...), task.ID, 0); return err }, ErrDisk},
			"smaller":        {func() error { return w.host.ResizeDisk(ctx, as(alice, first...), task.ID, "vdb", 4) }, ErrInvalid},
			"as it is":       {func() error { return w.host.ResizeDisk(ctx, as(alice, first...), task.ID, "vdb", 5) }, ErrInvalid},
			"too large":      {func() error { return w.host.ResizeDisk(ctx, as(alice, first...), task.ID, "vdb", 41) }, ErrDisk},
			"system disk":    {func() error { return w.host.DeleteDisk(ctx, as(alice, first...), task.ID, "vda") }, ErrInvalid},
			"the seed":       {func() error { return w.host.DeleteDisk(ctx, as(alice, first...), task.ID, "vdz") }, ErrInvalid},
			"a path":         {func() error { return w.host.DeleteDisk(ctx, as(alice, first...), task.ID, "../vdb") }, ErrInvalid},
			"not there":      {func() error { return w.host.ResizeDisk(ctx, as(alice, first...), task.ID, "vdc", 9) }, ErrInvalid},
			"no room on disk": {func() error {
				return w.full(func() error { _, err := w.host.AddDisk(ctx, as(alice, first...), task.ID, 1); return err })
			}, ErrDisk},
		} {
			if err := c.ask(); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := w.task(task.ID); got.Reserved.DiskGiB != before.Reserved.DiskGiB || !slices.Equal(got.Disks.Data, before.Disks.Data) {
			t.Errorf("changed by a refusal: %+v, %+v", got.Disks.Data, got.Reserved)
		}
		for range MaxDisks - 1 {
			w.addDisk(task.ID, 1)
			settle(time.Second)
		}
		if _, err := w.host.AddDisk(ctx, as(alice, first...), task.ID, 1); !errors.Is(err, ErrInvalid) {
			t.Errorf("one too many: %v", err)
		}
	})
}

// full runs ask while the host's disk has room only for what was promised.
func (w *world) full(ask func() error) error {
	before := w.box.free
	w.box.free = 15
	defer func() { w.box.free = before }()
	return ask()
}

func TestDiskThatCannotBeAdded(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.driver.Fail("Attach", errors.New("no slot"))
		w.addDisk(task.ID, 5)
		settle(time.Second)
		got := w.task(task.ID)
		if len(got.Disks.Data) != 0 || got.Reserved.DiskGiB != got.Disks.System.GiB || got.Progress.Reason == nil || w.size(task.ID, "vdb") >= 0 {
			t.Errorf("%+v, %d GiB reserved, %q", got.Disks.Data, got.Reserved.DiskGiB, got.Progress.Reason)
		}
		w.driver.Fail("Attach", nil)
		w.addDisk(task.ID, 5)
		settle(time.Second)
		w.wants(task.ID, "vdb 5")
		w.driver.Fail("Detach", vm.ErrHeld)
		if err := w.host.DeleteDisk(context.Background(), as(alice, first...), task.ID, "vdb"); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.wants(task.ID, "vdb 5")
		if got := w.task(task.ID); got.Progress.Reason == nil {
			t.Error("nobody is told why the disk is still there")
		}
		w.driver.Fail("Detach", nil)
		w.driver.Fail("Grow", errors.New("no"))
		if err := w.host.ResizeDisk(context.Background(), as(alice, first...), task.ID, "vdb", 9); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		// The emulator may have grown the file: its size is what is reserved.
		w.wants(task.ID, "vdb 9")
		info, err := os.Stat(filepath.Join(w.dir, "tasks", task.ID, "vdb.raw"))
		if got := w.task(task.ID); err != nil || info.Size() != 9<<30 || got.Reserved.DiskGiB != 19 || !got.Progress.Reason.Is(notice.DiskResizedLater) {
			t.Errorf("%v, %v, reserved %d, %q", info, err, got.Reserved.DiskGiB, got.Progress.Reason)
		}
	})
}

// TestKilledWhileSettingAPassword: the guest has the new password, and the journal
// does not know. Nothing is pending, and setting it again suffices.
func TestKilledWhileSettingAPassword(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		o := w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200)
		o.AuthorizedKeys = nil
		task := w.create(o)
		settle(time.Second)
		if err := w.driver.SetPassword(context.Background(), task.Identity.UUID, "dbc", "good enough"); err != nil {
			t.Fatal(err)
		}
		w.stop() // before the node recorded it
		w.boot(nil)
		settle(6 * time.Second)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Running || got.Login.Password != task.Login.Password {
			t.Fatalf("after the kill: %s, the password changed: %v", got.Progress.State, got.Login.Password != task.Login.Password)
		}
		if err := w.host.SetPassword(context.Background(), as(alice, first...), task.ID, "dbc", "good enough"); err != nil {
			t.Fatal(err)
		}
		if got := w.task(task.ID); got.Login.Password != "" || w.driver.Password(task.Identity.UUID, "dbc") != "good enough" {
			t.Errorf("set again: %q is shown", got.Login.Password)
		}
	})
}

// TestLostDiskIsNotMadeAnew: a file of zeros in its place would hide the loss.
func TestLostDiskIsNotMadeAnew(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.addDisk(task.ID, 5)
		settle(time.Second)
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		if err := os.Remove(filepath.Join(w.dir, "tasks", task.ID, "vdb.raw")); err != nil {
			t.Fatal(err)
		}
		if err := w.host.ResizeDisk(context.Background(), as(alice, first...), task.ID, "vdb", 9); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		if got := w.task(task.ID); w.size(task.ID, "vdb") >= 0 || got.Disks.Data[0].GiB != 5 || changesDisk(got) || got.Progress.Reason == nil {
			t.Errorf("%+v, a file of %d GiB, %q", got.Disks.Data, w.size(task.ID, "vdb"), got.Progress.Reason)
		}
	})
}

// TestDiskChangesOutliveTheNode: the hypervisor is away, the node ends, or the
// VM is lost meanwhile.
func TestDiskChangesOutliveTheNode(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Attach", "Detach"} {
		t.Run(method, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.running()
				want := []string{"vdb 5"}
				if method == "Detach" {
					w.addDisk(task.ID, 5)
					settle(time.Second)
					want = nil
				}
				w.driver.Fail(method, vm.ErrUnavailable)
				if method == "Attach" {
					w.addDisk(task.ID, 5)
				} else if err := w.host.DeleteDisk(context.Background(), as(alice, first...), task.ID, "vdb"); err != nil {
					t.Fatal(err)
				}
				settle(10 * time.Second)
				if got := w.task(task.ID); !changesDisk(got) || got.Reserved.DiskGiB != 15 {
					t.Errorf("given up: %+v", got.Disks.Data)
				}
				w.stop()
				w.driver.End(task.Identity.UUID, vm.ReasonLost)
				w.driver.Fail(method, nil)
				w.boot(nil)
				settle(time.Minute)
				w.wants(task.ID, want...)
				if w.domain(task.Identity.UUID) != vm.StateRunning {
					t.Error("the VM is not back")
				}
			})
		})
	}
}

// TestDisksAreKept: data disks are kept at the end along with the others, and returned on
// restore.
func TestDisksAreKept(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.addDisk(task.ID, 5)
		settle(time.Second)
		w.addDisk(task.ID, 2)
		settle(time.Second)
		w.ledger.end(1, false)
		settle(2 * time.Minute)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Closed || got.Reserved.DiskGiB != 17 {
			t.Fatalf("%s, %d GiB reserved", got.Progress.State, got.Reserved.DiskGiB)
		}
		o := w.order(w.ledger.rent(2, alice, time.Hour, 0), 5200)
		o.Image, o.RestoreTaskID = "", task.ID
		again := w.create(o)
		settle(time.Second)
		got := w.task(again.ID)
		if got.Progress.State != lifecycle.Running || len(got.Disks.Data) != 2 || got.Reserved.DiskGiB != 17 {
			t.Fatalf("%s %q, %+v, %d GiB reserved", got.Progress.State, got.Progress.Reason, got.Disks.Data, got.Reserved.DiskGiB)
		}
		if list := w.driver.Disks(again.Identity.UUID); !slices.Contains(list, "vdb") || !slices.Contains(list, "vdc") {
			t.Errorf("the guest has %q", list)
		}
		// Changes made to them in a trial remain when they are given back.
		if err := w.host.DeleteDisk(context.Background(), as(alice, 2), again.ID, "vdb"); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.ledger.end(2, true)
		settle(time.Minute)
		if got := w.task(task.ID); len(got.Disks.Data) != 1 || got.Disks.Data[0].Name != "vdc" || got.Reserved.DiskGiB != 12 {
			t.Errorf("given back: %+v, %d GiB reserved", got.Disks.Data, got.Reserved.DiskGiB)
		}
	})
}

func TestSetPassword(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		o := w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200)
		o.AuthorizedKeys = nil
		task := w.create(o)
		settle(time.Second)
		ctx := context.Background()
		set := func(user string, password journal.Secret) error {
			return w.host.SetPassword(ctx, as(alice, first...), task.ID, user, password)
		}
		for name, c := range map[string]struct {
			user     string
			password journal.Secret
			want     error
		}{
			"option":       {"-r", "good enough", ErrInvalid},
			"two users":    {"a:b", "good enough", ErrInvalid},
			"short":        {"dbc", "1234567", ErrInvalid},
			"two lines":    {"dbc", "good\nenough", ErrInvalid},
			"not ASCII":    {"dbc", "gut genüg", ErrInvalid},
			"control":      {"dbc", "good\x7fenough", ErrInvalid},
			"no such user": {"", "good enough", ErrInvalid},
		} {
			err := set(c.user, c.password)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.driver.Fail("SetPassword", vm.ErrAgent)
		if err := set("dbc", "good enough"); !errors.Is(err, ErrAgent) {
			t.Errorf("no agent: %v", err)
		}
		if w.task(task.ID).Login.Password == "" {
			t.Error("the password that still counts is not shown any more")
		}
		w.driver.Fail("SetPassword", nil)
		if err := w.host.SetPassword(ctx, as(bob, first...), task.ID, "dbc", "good enough"); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's: %v", err)
		}
		if err := errors.Join(set("root", "for root only"), set("dbc", "good enough")); err != nil {
			t.Fatal(err)
		}
		if w.driver.Password(task.Identity.UUID, "dbc") != "good enough" || w.driver.Password(task.Identity.UUID, "root") != "for root only" {
			t.Error("not set")
		}
		if got := w.task(task.ID); got.Login.Password != "" || len(w.host.ops) != 0 {
			t.Errorf("after it: %+v, %d operations", got.Progress.State, len(w.host.ops))
		}
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		if err := set("dbc", "good enough"); !errors.Is(err, ErrState) {
			t.Errorf("off: %v", err)
		}
	})
}
