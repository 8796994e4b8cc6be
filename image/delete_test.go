package image

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestDeleteKeepsWhatDisksStandOn(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	base, err := store.Find(t.Context(), "good.qcow2")
	if err != nil {
		t.Fatal(err)
	}
	disks := t.TempDir()
	kept := filepath.Join(disks, "taskOfAClosedVM", "system.qcow2")
	if err := os.Mkdir(filepath.Dir(kept), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := Overlay(t.Context(), base, kept, testSize); err != nil {
		t.Fatal(err)
	}
	// A guest may write anything into its raw disk, including the header of an
	// overlay.
	raw := filepath.Join(disks, "taskOfAClosedVM", "data.raw")
	create(t, raw, "-u", "-F", "qcow2", "-b", filepath.Join(dir, "v2.qcow2"))

	if err := store.Delete(t.Context(), "good.qcow2", disks); !errors.Is(err, ErrInUse) {
		t.Fatalf("under a kept disk: %v, want ErrInUse", err)
	}
	if _, err := store.Find(t.Context(), "good.qcow2"); err != nil {
		t.Fatalf("the refused delete: %v", err)
	}
	if err := store.Delete(t.Context(), "v2.qcow2", disks); err != nil {
		t.Errorf("a guest's raw disk holds an image: %v", err)
	}
	damaged := filepath.Join(disks, "damaged.qcow2")
	create(t, damaged)
	f, err := os.OpenFile(damaged, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte{0xff}, 20) // cluster bits
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Dir(kept)); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), "good.qcow2", disks); err == nil {
		t.Error("deleted beside a disk whose base can't be told")
	}
	if err := os.Remove(damaged); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), "good.qcow2", disks); err != nil {
		t.Errorf("when the disks are gone: %v", err)
	}
}

// TestDeleteAndOverlay verifies that neither starts in the middle of the other.
func TestDeleteAndOverlay(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	base, err := store.Find(t.Context(), "good.qcow2")
	if err != nil {
		t.Fatal(err)
	}
	release, err := hold(base.Path, syscall.LOCK_SH)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), base.Name, t.TempDir()); !errors.Is(err, ErrBusy) {
		t.Errorf("while a disk is made: %v, want ErrBusy", err)
	}
	release()
	if err := store.Delete(t.Context(), base.Name, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "disk.qcow2")
	if err := Overlay(t.Context(), base, path, testSize); !errors.Is(err, ErrNotFound) {
		t.Errorf("on a deleted image: %v, want ErrNotFound", err)
	}
	if _, err := os.Stat(path + newSuffix); err == nil {
		t.Error("half a disk was left")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	store, dir := newStore(t)
	part := filepath.Join(dir, ".half.qcow2.0123456789abcdef.part")
	if err := os.WriteFile(part, make([]byte, 7), 0o600); err != nil {
		t.Fatal(err)
	}
	faults, err := store.Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, f := range faults {
		got[f.Name] = f.Size
		if f.Reason == "" {
			t.Errorf("%s: no reason", f.Name)
		}
	}
	for _, name := range []string{"half", "backed", "passwd", "datafile", "writable", "text", "empty", "folder", "link"} {
		if _, ok := got[name+".qcow2"]; !ok {
			t.Errorf("%s.qcow2 is not told", name)
		}
	}
	if _, ok := got["data.raw"]; !ok {
		t.Error("data.raw, which has no image's name, is not told")
	}
	if len(got) != 10 || got["half.qcow2"] != 7 {
		t.Errorf("got %v", got)
	}
	release, err := hold(part, syscall.LOCK_EX)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), "half.qcow2", t.TempDir()); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is pulled: %v, want ErrBusy", err)
	}
	release()
	if err := store.Delete(t.Context(), "half.qcow2", t.TempDir()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(part); err == nil {
		t.Error("the unfinished pull is still there")
	}
}

// TestOtherNames: a file that is no image by its name is reported all the same,
// with what to do, unless it belongs to one.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"noble-server-cloudimg-amd64.img", "upper.QCOW2", "with space.qcow2", "good.qcow2"} {
		create(t, at(name))
		protect(t, at(name))
	}
	for name, text := range map[string]string{
		"disk.vmdk": "KDMV" + strings.Repeat("x", 1024), "README": "notes", "good.qcow2.json": "{}", ".good.qcow2.swp": "x",
	} {
		if err := os.WriteFile(at(name), []byte(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Mkdir(at("old"), 0o755), os.Mkdir(at("lost+found"), 0o700), syscall.Mkfifo(at("pipe.img"), 0o600)); err != nil {
		t.Fatal(err)
	}
	faults, err := Open(dir).Faults(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range faults {
		got[f.Name] = f.Reason
	}
	for name, want := range map[string]string{
		"noble-server-cloudimg-amd64.img": "end in .qcow2; rename it", "upper.QCOW2": "end in .qcow2; rename it",
		"with space.qcow2": "only letters, digits, dot, - and _ are allowed, a letter or digit first; rename it",
		"disk.vmdk":        "it is a VMDK disk; convert it with qemu-img convert -O qcow2", "README": "not a qcow2 image",
		"old": "a folder; images lie directly in " + dir, "pipe.img": "not a regular file",
		"good.qcow2": "what good.qcow2.json says of it cannot",
	} {
		if !strings.Contains(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("reported as well: %v", got)
	}
}

// TestHoldAmongForks verifies that a released lock is free at once, whatever
// programs the process starts meanwhile: each of them has its files until it
// runs.
func TestHoldAmongForks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "image.qcow2")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var starting sync.WaitGroup
	for range 4 {
		starting.Go(func() {
			for ctx.Err() == nil {
				_ = exec.CommandContext(ctx, "true").Run()
			}
		})
	}
	defer starting.Wait()
	defer stop()
	for range 20_000 {
		release, err := hold(path, syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
}
