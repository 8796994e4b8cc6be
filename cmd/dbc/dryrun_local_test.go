package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// TestDryRunKnowsWhatIsLocal: of each command that works on this computer alone somebody
// decided whether it changes something. A dry run of node check deleted disks.
func TestDryRunKnowsWhatIsLocal(t *testing.T) {
	t.Parallel()
	looks := []string{"dbc node status", "dbc node health", "dbc config list", "dbc config get", "dbc config path", "dbc image list", "dbc host gpu slots", "dbc host gpu facts"}
	root, _ := newRootCommand(&settings{})
	seen := 0
	for _, of := range [][]string{{"node"}, {"image"}, {"host", "gpu"}, {"config"}} {
		group, _, err := root.Find(of)
		if err != nil {
			t.Fatal(err)
		}
		for _, cmd := range group.Commands() {
			refused := mayTry(&settings{dryRun: true}, cmd) != nil
			if !cmd.Hidden && refused == slices.Contains(looks, cmd.CommandPath()) {
				t.Errorf("%s: a dry run is refused: %v", cmd.CommandPath(), refused)
			}
			seen++
		}
	}
	if seen < 15 {
		t.Errorf("there are %d commands", seen)
	}
	for _, path := range local {
		if cmd, _, err := root.Find(strings.Fields(path)[1:]); err != nil || cmd.CommandPath() != path {
			t.Errorf("there is no %s: %v", path, err)
		}
	}
}

// TestDryRunOfABackup: neither an archive nor a node appears.
func TestDryRunOfABackup(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	home, out, passphrase := filepath.Join(dir, "old"), filepath.Join(dir, "archive"), filepath.Join(dir, "passphrase")
	if err := os.WriteFile(passphrase, []byte("correct horse battery"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := w.dbc(t, "node", "init", "--home", home, "--role", "client", "--set", "chain_id=dbc-devnet-1"); code != exitDone {
		t.Fatal(errOut)
	}
	code, _, errOut := w.dbc(t, "node", "backup", "--home", home, "--out", out, "--passphrase-file", passphrase, "--dry-run")
	if _, err := os.Lstat(out); code != exitUsage || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%d %s, %v", code, errOut, err)
	}
}
