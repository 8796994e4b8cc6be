package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/node/conf"
)

func TestKeyringDir(t *testing.T) {
	t.Setenv("DBC_HOME", "/srv/dbc")
	for set, want := range map[string]string{"": "/srv/dbc/keys", "/srv/keys": "/srv/keys"} {
		if dir, err := keyringDir(conf.Config{KeyringDir: set}); err != nil || dir != want {
			t.Errorf("keyring_dir=%s: %s, %v", set, dir, err)
		}
	}
}

func TestInitCanBeRepeated(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	set := map[string]string{"chain_id": "dbc-devnet-1", "public_ip": "127.0.0.1"}
	first, err := Init(home, conf.RoleMining, set)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Init(home, conf.RoleMining, map[string]string{"chain_id": "other"})
	if err != nil || again.MachineID() != first.MachineID() {
		t.Fatalf("a second Init: %v", err)
	}
	cfg, err := conf.Load(home)
	if err != nil || cfg.ChainID != "dbc-devnet-1" || cfg.Home != home {
		t.Errorf("%+v, %v", cfg, err)
	}
	if err := os.WriteFile(filepath.Join(home, conf.PeerFile), []byte("peer=203.0.113.1:5011\npeer=x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := conf.Load(home); !errors.Is(err, conf.ErrConfig) || !strings.Contains(err.Error(), "peer.conf:2") {
		t.Errorf("a wrong peer: %v", err)
	}
}

func TestInitRefusesWhatWouldNotLoad(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if _, err := Init(home, conf.RoleMining, map[string]string{"chain_id": "dbc-1", "public_ip": "127.0.0.1", "test_slots": "1"}); !errors.Is(err, conf.ErrMainNetwork) {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(home); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	cfg := conf.Config{ChainID: "dbc-devnet-1", Guests: conf.Guests{RunDir: t.TempDir()}}
	release, err := lockMachine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockMachine(cfg); !errors.Is(err, ErrLocked) {
		t.Errorf("a second node: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, err = lockMachine(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	cfg.ChainID = "dbc-1"
	if _, err := lockMachine(cfg); !errors.Is(err, conf.ErrMainNetwork) {
		t.Errorf("moved on a main network: %v", err)
	}
}

func TestRunRefusesRole(t *testing.T) {
	t.Parallel()
	if err := Run(t.Context(), conf.Config{Role: "validator"}); !errors.Is(err, ErrRole) {
		t.Errorf("got %v", err)
	}
}

// TestLockIsAwaited: a node without privileges that starts before its helper waits
// for the lock, which only the helper can make, and no other failure is waited for.
// A host sees no failure in that unless it lasts.
func TestLockIsAwaited(t *testing.T) {
	t.Parallel()
	denied := fmt.Errorf("open the lock: %w", fs.ErrPermission)
	for name, c := range map[string]struct {
		// after is when the lock can be taken.
		after time.Duration
		then  error
		warns int
	}{
		"at once":                {},
		"the helper is starting": {after: time.Second},
		"a slow computer":        {after: 30 * time.Second},
		"no helper for long":     {after: 2 * time.Hour, warns: 1},
		"another node holds it":  {after: time.Second, then: ErrLocked},
		"told to end":            {after: 24 * time.Hour, then: context.DeadlineExceeded, warns: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 12*time.Hour)
				defer cancel()
				var said strings.Builder
				began := time.Now()
				release, err := awaitLock(ctx, func() (func() error, error) {
					if time.Since(began) < c.after {
						return nil, denied
					}
					if c.then != nil {
						return nil, c.then
					}
					return func() error { return nil }, nil
				}, slog.New(slog.NewTextHandler(&said, nil)))
				if !errors.Is(err, c.then) || (err == nil) != (release != nil) {
					t.Errorf("the lock: %v, want %v", err, c.then)
				}
				if n := strings.Count(said.String(), "level=WARN"); n != c.warns || strings.Count(said.String(), "denied") != c.warns {
					t.Errorf("%d warnings, want %d:\n%s", n, c.warns, said.String())
				}
			})
		})
	}
}
