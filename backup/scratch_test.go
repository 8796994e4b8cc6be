package backup_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/backup"
)

// TestNothingStaysOfAKill: the next restore deletes the keys that a killed one left, and
// nothing that a living one, a link or a file of the same name has.
func TestNothingStaysOfAKill(t *testing.T) {
	t.Parallel()
	above := t.TempDir()
	other := t.TempDir()
	living, remove, err := backup.Scratch(above, ".dbc-restore-")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(living); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	own := filepath.Join(above, ".dbc-restore-1-mine")
	killed, link, file := filepath.Join(above, ".dbc-restore-1"), filepath.Join(above, ".dbc-restore-2"), filepath.Join(above, ".dbc-restore-3")
	for _, dir := range []string{killed, other, own} {
		if err := os.MkdirAll(filepath.Join(dir, "dat"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "dat", "node.key"), []byte("key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("a user's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := backup.Extract(filepath.Join(above, "home"), stored, fits); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(killed); !os.IsNotExist(err) {
		t.Errorf("the key is left: %v", err)
	}
	for _, path := range []string{living, link, file, own, filepath.Join(other, "dat", "node.key"), filepath.Join(above, "home", "dat", "node.key")} {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(living); !os.IsNotExist(err) {
		t.Error(err)
	}
}
