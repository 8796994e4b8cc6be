package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPendingUpgrade: only a plan for the next height makes a daemon wait for its
// successor; any other failure ends it at once, as before.
func TestPendingUpgrade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		want bool
	}{
		"next":        {`{"name":"v2","time":"0001-01-01T00:00:00Z","height":254}`, true},
		"carried out": {`{"name":"v2","height":253}`, false},
		"later":       {`{"name":"v2","height":255}`, false},
		"cut off":     {`{"name":"v2","hei`, false},
		"empty":       {``, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			if err := os.Mkdir(filepath.Join(home, "data"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(home, "data", "upgrade-info.json"), []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, pending := pendingUpgrade(home, 254); pending != c.want {
				t.Errorf("pending: %t", pending)
			}
		})
	}
	if _, pending := pendingUpgrade(t.TempDir(), 254); pending {
		t.Error("pending without a file")
	}
}
