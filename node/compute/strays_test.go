package compute

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/names"
)

// TestStrays: the check of a node that does not run, and what it removes.
func TestStrays(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Guests: conf.Guests{DataDir: t.TempDir()}}
	if _, err := Strays(t.Context(), cfg, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a journal: %v", err)
	}
	j, err := journal.Open(cfg.OldJournal(), names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"})
	if err != nil {
		t.Fatal(err)
	}
	const stray = "cccccccccccccccccccc"
	dir := filepath.Join(cfg.DataDir, "tasks", stray)
	if err := errors.Join(j.Close(), os.MkdirAll(dir, 0o711)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if left, err := Strays(t.Context(), cfg, nil); err != nil || !slices.Equal(left, []string{stray}) {
			t.Errorf("left %q, %v", left, err)
		}
	}
	if _, err := Strays(t.Context(), cfg, []string{"../" + stray}); !errors.Is(err, host.ErrNotStray) {
		t.Errorf("a path: %v", err)
	}
	if left, err := Strays(t.Context(), cfg, []string{stray}); err != nil || len(left) != 0 {
		t.Errorf("left %q, %v", left, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there still: %v", err)
	}
}
