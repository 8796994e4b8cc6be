package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
)

// TestDryRunChangesNothingHere: a command that sends nothing also leaves everything as it
// is.
func TestDryRunChangesNothingHere(t *testing.T) {
	w := newWorld(t)
	text, err := os.ReadFile("../../hw/gpu/testdata/cases/12-two-l40s-and-aspeed.txt")
	if err != nil {
		t.Fatal(err)
	}
	root := hwtest.Build(t, strings.ReplaceAll(string(text), " driver=nvidia", ""))
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil { //nolint:gosec // as of a computer
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"wallet", "create", "bob", "--dry-run"},
		{"host", "gpu", "bind", "--slot", "1", "--root", root, "--dry-run"},
	} {
		code, out, errOut := w.dbc(t, args...)
		t.Logf("%v: %d %s%s", args, code, out, errOut)
	}
	if _, err := w.ring(t).Wallet("bob"); err == nil {
		t.Error("a wallet was made")
	}
	if _, err := os.Stat(filepath.Join(root, "etc/dbc")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("cards were bound: %v", err)
	}
}
