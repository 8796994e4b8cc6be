package build

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dbc-network/dbc/image"
)

// TestKilledBuild: the next build of an image deletes what one left that was killed, and
// nothing of one that is under way, of another image or of its host.
func TestKilledBuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := image.Open(dir)
	running, held, err := makeWork(dir, "tiny")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	gone := []string{".tiny-1234/root/etc", "tiny.qcow2.json", ".tiny.qcow2.json5678"}
	stay := []string{filepath.Base(running), ".tiny-gpu-1234", ".tiny-notes", "other.qcow2.json", "tiny.qcow2.inputs"}
	for _, name := range append(gone, stay...) {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range gone[1:] { // as files
		path := filepath.Join(dir, name)
		if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := newBuilder(tiny, "tiny", dir, func(string, time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	if !b.beside {
		t.Error("the build that is under way was not seen")
	}
	if err := store.ClearBuild("tiny.qcow2"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".tiny-1234", gone[1], gone[2]} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	for _, name := range append(stay, filepath.Base(b.work)) {
		if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.end(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".tiny-*")); err != nil || len(left) != 3 { // running, gpu and notes
		t.Errorf("%q, %v", left, err)
	}
}
