package compute

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/node/conf"
)

func TestLock(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Node: conf.Node{ChainID: "dbc-devnet-1"}, Guests: conf.Guests{RunDir: t.TempDir()}}
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
