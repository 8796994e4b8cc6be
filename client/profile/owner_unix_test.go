//go:build unix

package profile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnothersFile: its owner can write to it whatever its mode is.
func TestAnothersFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		user, owner int
		foreign     bool
	}{{1000, 1000, false}, {1000, 0, false}, {0, 0, false}, {1000, 1001, true}, {0, 1000, true}} {
		if got := foreignTo(c.user, c.owner); got != c.foreign {
			t.Errorf("%+v: %v", c, got)
		}
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err != nil {
		t.Errorf("one's own: %v", err)
	}
	if os.Geteuid() != 0 {
		return // nobody else gives files away
	}
	if err := os.Chown(path, 12345, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); !errors.Is(err, ErrFile) || !strings.Contains(err.Error(), "another user's") {
		t.Error(err)
	}
}
