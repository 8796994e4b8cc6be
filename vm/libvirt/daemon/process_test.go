package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestLockHolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if p, err := lockHolder(filepath.Join(dir, "none")); p != nil || err != nil {
		t.Errorf("no file: %v, %v", p, err)
	}
	// A stale file names a running process, and yet nobody holds the lock.
	stale := filepath.Join(dir, "stale")
	if err := os.WriteFile(stale, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := lockHolder(stale); p != nil || err != nil {
		t.Errorf("stale file: %v, %v", p, err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", "relative", "/", "/with/../dots", "/with\"quote", "/with\nnewline"} {
		if err := (Config{Dir: dir}).validate(); !errors.Is(err, ErrBadConfig) {
			t.Errorf("dir %q: %v, want ErrBadConfig", dir, err)
		}
	}
	long := Config{Dir: "/" + string(make([]byte, 0, 1)) + filepath.Join("a", "very", "long", "folder", "that", "goes", "on",
		"and", "on", "and", "on", "and", "on", "and", "on", "and", "on", "and", "on", "and", "on", "and", "on", "and", "on")}
	if err := long.validate(); err != nil {
		t.Error(err)
	}
	if n := len(long.socket()); n > 107 {
		t.Errorf("socket's path has %d bytes", n)
	}
	if (Config{Dir: "/a"}).socket() == (Config{Dir: "/b"}).socket() {
		t.Error("two folders share a socket")
	}
}

func TestMayOpen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if may, err := mayOpen(path, "nobody"); !may || err != nil {
		t.Errorf("no file: %v, %v", may, err)
	}
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o660: false, 0o666: true, 0o604: false} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if may, err := mayOpen(path, "nobody"); may != want || err != nil {
			t.Errorf("mode %o: %v, %v, want %v", mode, may, err, want)
		}
	}
	if may, err := mayOpen(path, "root"); !may || err != nil {
		t.Errorf("root: %v, %v", may, err)
	}
}
