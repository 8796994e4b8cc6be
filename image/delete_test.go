package image

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
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
	// A guest may write what it likes into its raw disk, the header of an overlay too.
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

// TestDeleteAndOverlay: neither begins in the middle of the other.
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
	if len(got) != 9 || got["half.qcow2"] != 7 {
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

// TestHoldAmongForks: a lock that was given back is free at once, whatever
// programs the process starts meanwhile: each has its files until it runs.
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
