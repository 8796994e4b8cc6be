package vm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// TestOverlay runs a guest on an overlay of a shared base, with a seed: nobody
// can change the base, whoever the emulator runs as.
func TestOverlay(t *testing.T) {
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	spec := specIn(dir)(t, "overlay")
	raw := spec.Disks[0].Path
	base, overlay := filepath.Join(dir, "base.qcow2"), filepath.Join(dir, "overlay", "disk.qcow2")
	seed := filepath.Join(dir, "overlay", "seed.iso")
	qemuImg(t, "convert", "-f", "raw", "-O", "qcow2", raw, base)
	qemuImg(t, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, overlay, "64M")
	if err := os.Chmod(base, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(seed, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	spec.Disks = []vm.Disk{
		{Path: overlay, Format: "qcow2", Backing: base, Target: "vda"},
		{Path: seed, Format: "raw", Target: "vdb", ReadOnly: true},
	}
	ctx := t.Context()
	if err := driver.Define(ctx, spec); err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(ctx, spec.UUID); err != nil {
		t.Fatal(err)
	}
	greeted(t, spec, 1)
	if owner(t, base) != 0 {
		t.Error("the base was given away")
	}
	if owner(t, overlay) == 0 || owner(t, seed) == 0 {
		t.Error("overlay and seed are still root's while the guest runs")
	}
	if err := driver.Stop(ctx, spec.UUID); err != nil {
		t.Fatal(err)
	}
	// libvirt never takes read-only disks back: the seed keeps the emulator's
	// user.
	for _, path := range []string{base, overlay} {
		if owner(t, path) != 0 {
			t.Errorf("%s is not root's after the stop", path)
		}
	}
}

func owner(t *testing.T, path string) uint32 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid
}

func qemuImg(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "qemu-img", args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img: %v: %s", err, out)
	}
}
