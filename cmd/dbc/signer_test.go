package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDemosWalletIsNotMeant: if a demo left its wallet, the user's own one
// still needs no --wallet.
func TestDemosWalletIsNotMeant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(t, 1, taskOne)
	demo, _, err := w.ring(t).Create("demo-1")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := w.dbc(t, "vm", "list"); code != exitUsage {
		t.Errorf("two wallets of users: exit code %d: %s", code, errOut)
	}
	dir := filepath.Join(w.home, "devnet", "demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "wallets"), []byte("demo-1 "+demo.Address()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := w.dbc(t, "vm", "list"); code != exitDone {
		t.Errorf("beside the demo's: exit code %d: %s", code, errOut)
	}
	if err := w.ring(t).Delete("alice"); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := w.dbc(t, "vm", "list"); code != exitDone {
		t.Errorf("the demo's alone: exit code %d: %s", code, errOut)
	}
}
