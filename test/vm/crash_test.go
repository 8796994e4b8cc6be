package vm_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt/daemon"
)

// TestDaemonKilled kills libvirtd under a running guest: the guest keeps
// running, and the driver and its watch reconnect to the daemon.
func TestDaemonKilled(t *testing.T) {
	d, config := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	spec := specIn(folder(t))(t, "killed")
	ctx := t.Context()
	if err := errors.Join(driver.Define(ctx, spec), driver.Start(ctx, spec.UUID)); err != nil {
		t.Fatal(err)
	}
	changes, err := driver.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-changes; got != "" {
		t.Fatalf("watch begins with %q", got)
	}

	again, err := daemon.Start(ctx, config)
	if err != nil {
		t.Fatalf("take over the running daemon: %v", err)
	}
	if again.Socket() != d.Socket() {
		t.Errorf("socket is %s, was %s", again.Socket(), d.Socket())
	}

	kill9(t, filepath.Join(config.Dir, "libvirtd.pid"))
	eventually(t, "libvirt to be out of reach", func() bool {
		_, err := driver.Get(ctx, spec.UUID)
		return errors.Is(err, vm.ErrUnavailable)
	})
	if _, err := daemon.Start(ctx, config); err != nil {
		t.Fatalf("start again: %v", err)
	}
	if got := <-changes; got != "" {
		t.Errorf("watch says %q after the daemon came back, want it to list again", got)
	}
	got, err := driver.Get(ctx, spec.UUID)
	if err != nil || got.State != vm.StateRunning {
		t.Fatalf("domain is %+v, %v, want it still running", got, err)
	}

	// Stop has to end a guest whose libvirtd is dead.
	kill9(t, filepath.Join(config.Dir, "libvirtd.pid"))
	if err := daemon.Stop(ctx, config); err != nil {
		t.Fatal(err)
	}
	if left := processesOf(t, config); len(left) != 0 {
		t.Errorf("processes are left: %v", left)
	}
	if rules := filters(t, spec); rules != "" {
		t.Errorf("rules are left:\n%s", rules)
	}
}

func TestEmulatorKilled(t *testing.T) {
	d, config := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	spec := specIn(folder(t))(t, "crash")
	ctx := t.Context()
	if err := errors.Join(driver.Define(ctx, spec), driver.Start(ctx, spec.UUID)); err != nil {
		t.Fatal(err)
	}
	kill9(t, filepath.Join(config.Dir, "run", "qemu", spec.Name+".pid"))
	eventually(t, "libvirt to notice", func() bool {
		got, err := driver.Get(ctx, spec.UUID)
		return err == nil && got.State == vm.StateCrashed && got.Reason == vm.ReasonCrashed
	})
	if err := driver.Start(ctx, spec.UUID); err != nil {
		t.Errorf("start after the crash: %v", err)
	}
}

// TestOwners has two nodes on one libvirt: neither sees the other's domains.
func TestOwners(t *testing.T) {
	d, _ := startDaemon(t)
	mine, theirs := openDriver(t, d.Socket(), "mine"), openDriver(t, d.Socket(), "theirs")
	openNetwork(t)
	spec := specIn(folder(t))(t, "owner")
	ctx := t.Context()
	if err := theirs.Define(ctx, spec); err != nil {
		t.Fatal(err)
	}
	if _, err := mine.Get(ctx, spec.UUID); !errors.Is(err, vm.ErrNotFound) {
		t.Errorf("get: %v, want ErrNotFound", err)
	}
	if list, err := mine.List(ctx); err != nil || len(list) != 0 {
		t.Errorf("list is %+v, %v, want none", list, err)
	}
	if err := mine.Define(ctx, spec); !errors.Is(err, vm.ErrBadSpec) {
		t.Errorf("define: %v, want ErrBadSpec", err)
	}
	if err := mine.Undefine(ctx, spec.UUID); err != nil {
		t.Errorf("undefine: %v, want nothing to happen", err)
	}
	if list, err := theirs.List(ctx); err != nil || len(list) != 1 {
		t.Errorf("their list is %+v, %v, want one", list, err)
	}
}
