package vm_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// TestDiskWithoutRoom verifies that a guest that writes more than the host has
// space for is paused with the reason, and continues once there is space.
func TestDiskWithoutRoom(t *testing.T) {
	needRoot(t)
	dir := folder(t)
	own := filepath.Join(dir, "starved")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	room := func(flags uintptr, size string) {
		t.Helper()
		if err := syscall.Mount("tmpfs", own, "tmpfs", flags, "mode=0755,size="+size); err != nil {
			t.Fatal(err)
		}
	}
	room(0, "24m")
	t.Cleanup(func() {
		if err := syscall.Unmount(own, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	// The daemon sees the mounts that existed at its start.
	d, _ := startDaemon(t)
	n := openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	signer := renter(t)
	spec := define(t, driver, dir, plain(t, dir), "starved", netip.MustParseAddr("10.97.0.24"), signer)
	const port = 15224
	publish(t, n, spec, port)
	guest := login(t, spec, "127.0.0.1", port, signer)
	written := make(chan error, 1)
	go func() {
		_, err := guest.run("dd if=/dev/urandom of=big bs=1M count=40 conv=fsync 2>/dev/null && sha256sum < big > sum")
		written <- err
	}()
	stands := func() bool {
		got, err := driver.Get(t.Context(), spec.UUID)
		return err == nil && got.State == vm.StatePaused && got.Reason == vm.ReasonDisk
	}
	eventually(t, "the guest to stand still", stands)
	if err := driver.Resume(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the guest to stand still again", stands)
	room(syscall.MS_REMOUNT, "256m")
	if err := driver.Resume(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if got, want := guest.must(t, "sync; sha256sum < big"), guest.must(t, "cat sum"); got != want {
		t.Errorf("what was written reads as %q, want %q", got, want)
	}
}
