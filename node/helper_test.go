package node

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/node/journal"
)

// TestHelperTrustsNoNode: the node's user must not be able to change what bounds it.
func TestHelperTrustsNoNode(t *testing.T) {
	t.Parallel()
	home, me := t.TempDir(), os.Getuid()
	if _, err := Init(home, RoleMining, map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "203.0.113.7", "helper_socket": "/run/dbc/helper.sock"}); err != nil {
		t.Fatal(err)
	}
	if err := checkOwner(home, me+1); err != nil {
		t.Errorf("another's configuration: %v", err)
	}
	if err := checkOwner(home, me); !errors.Is(err, ErrRoot) {
		t.Errorf("the node's own configuration: %v", err)
	}
	for _, name := range []string{"", "conf", ConfFile} {
		path := filepath.Join(home, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []os.FileMode{0o777, info.Mode().Perm()} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if err := checkOwner(home, me+1); (err != nil) != (mode == 0o777) || err != nil && !errors.Is(err, ErrRoot) {
				t.Errorf("%s with mode %o: %v", name, mode, err)
			}
		}
	}
	if err := RunHelper(t.Context(), Config{Role: RoleMining, Home: home, HelperSocket: "/run/dbc/helper.sock"}, 0, 0); !errors.Is(err, ErrRoot) {
		t.Errorf("for root's node: %v", err)
	}
	if err := RunHelper(t.Context(), Config{Role: RoleMining, Home: home}, me+1, me); !errors.Is(err, ErrConfig) {
		t.Errorf("without helper_socket: %v", err)
	}
}

// TestFolders: the node's folder is its user's alone, and a journal from before
// the helper moves there once, after whose VMs are in it was recorded.
func TestFolders(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: filepath.Join(t.TempDir(), "data")}
	p := &parts{cfg: cfg}
	give := func() error { return giveFolders(cfg, os.Getuid(), os.Getgid()) }
	if err := os.MkdirAll(cfg.DataDir, 0o711); err != nil {
		t.Fatal(err)
	}
	old, own := p.journalPath(), filepath.Join(cfg.DataDir, "node", "journal.db")
	const task = "aaaaaaaaaaaaaaaaaaaa"
	j, err := journal.Open(old, journal.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"})
	if err == nil {
		_, err = j.AddChanging(journal.Task{ID: task}, func([]journal.Task, *journal.Task) ([]journal.Task, error) { return nil, nil })
	}
	if err != nil || j.Close() != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := give(); err != nil {
			t.Fatal(err)
		}
		if now, err := os.ReadFile(own); err != nil || !bytes.Equal(now, text) || p.journalPath() != own {
			t.Errorf("journal at %s: %d bytes, want %d, %v", p.journalPath(), len(now), len(text), err)
		}
		if _, err := os.Stat(filepath.Join(cfg.DataDir, "record", task+".json")); err != nil {
			t.Errorf("its VM is in no record: %v", err)
		}
	}
	if info, err := os.Stat(cfg.NodeDir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the node's folder: %v, %v", info, err)
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := give(); !errors.Is(err, ErrBound) {
		t.Errorf("two journals: %v", err)
	}
	if err := errors.Join(os.Remove(old), os.Symlink(own, old)); err != nil {
		t.Fatal(err)
	}
	if err := give(); !errors.Is(err, ErrRoot) {
		t.Errorf("a link for a journal: %v", err)
	}
}
