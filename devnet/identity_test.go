package devnet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// begun is a home whose devnet was started and has guests' disks.
func begun(t *testing.T, home string) {
	t.Helper()
	if err := os.MkdirAll(newPaths(home).chain, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := claim(home); err != nil {
		t.Fatal(err)
	}
	dir := DataDir(home)
	if err := os.MkdirAll(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if err := (&privileged{order: order{Home: home}, dir: dir}).own(); err != nil {
		t.Fatal(err)
	}
}

// TestMovedHomeKeepsItsGuests: its disks and network stay its own under another
// path, and what begins at the old path has others.
func TestMovedHomeKeepsItsGuests(t *testing.T) {
	dir := t.TempDir()
	old, moved := filepath.Join(dir, "old"), filepath.Join(dir, "with a blank", "moved")
	begun(t, old)
	disks := DataDir(old)
	network, err := guestNetwork(old)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(moved), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(old, moved); err != nil {
		t.Fatal(err)
	}
	if err := claim(moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, old); err != nil {
		t.Fatal(err)
	}
	if err := claim(moved); err != nil {
		t.Errorf("while the old path leads to it: %v", err)
	}
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	if got, err := guestNetwork(moved); DataDir(moved) != disks || got != network || err != nil {
		t.Errorf("moved: %s %v, %v; was %s %v", DataDir(moved), got, err, disks, network)
	}
	if err := os.MkdirAll(filepath.Join(old, "devnet"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := claim(old); err != nil || DataDir(old) == disks {
		t.Errorf("another devnet at the old path: %v, has %s", err, DataDir(old))
	}
}

// TestCopiedHomeIsRefused: two homes never have the same disks.
func TestCopiedHomeIsRefused(t *testing.T) {
	dir := t.TempDir()
	home, copied := filepath.Join(dir, "home"), filepath.Join(dir, "copy")
	begun(t, home)
	if err := os.CopyFS(copied, os.DirFS(home)); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"start": claim(copied), "stop or reset": clean(t.Context(), copied, Programs{}, true)} {
		if !errors.Is(err, ErrCopy) || !strings.Contains(err.Error(), home) || !strings.Contains(err.Error(), newPaths(copied).id) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := claim(home); err != nil {
		t.Errorf("the first one: %v", err)
	}
	if err := os.Remove(newPaths(copied).id); err != nil {
		t.Fatal(err)
	}
	if err := claim(copied); err != nil || DataDir(copied) == DataDir(home) {
		t.Errorf("without the identity: %v, %s", err, DataDir(copied))
	}
}

// TestIdentityOfBefore: a devnet of a version that had none keeps its disks.
func TestIdentityOfBefore(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	before := DataDir(home)
	if err := os.MkdirAll(newPaths(home).chain, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := claim(home); err != nil || DataDir(home) != before {
		t.Errorf("%v: %s, was %s", err, DataDir(home), before)
	}
	if err := os.WriteFile(newPaths(home).id, []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := claim(home); !errors.Is(err, ErrIdentity) {
		t.Errorf("a damaged identity: %v", err)
	}
}
