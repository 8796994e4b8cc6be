package compute

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
)

// lockMachine takes the computer's one lock for mining nodes.
func lockMachine(cfg conf.Compute) (release func() error, err error) {
	dir := cfg.LockDir()
	if dir != conf.DefaultRunDir && !chainid.Test(cfg.ChainID) {
		return nil, fmt.Errorf("lock in %s, want %s: %w", dir, conf.DefaultRunDir, conf.ErrMainNetwork)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the lock's folder: %w", err)
	}
	release, err = node.Lock(cfg.LockFile())
	if errors.Is(err, node.ErrHeld) {
		return nil, fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return release, err
}

const (
	// retryLock is how often a node checks for the lock that its helper makes.
	retryLock = 200 * time.Millisecond
	// lockPatience is far longer than a helper takes to start.
	lockPatience = time.Minute
)

// awaitLock takes a lock that another process makes for this one, which may not
// open it before. Both start at once, so waiting is no fault unless it lasts.
func awaitLock(ctx context.Context, take func() (release func() error, err error), log *slog.Logger) (func() error, error) {
	tick := time.NewTicker(retryLock)
	defer tick.Stop()
	late := time.NewTimer(lockPatience)
	defer late.Stop()
	log.Info("waiting for the node's helper, which makes the machine's lock")
	for {
		release, err := take()
		if !errors.Is(err, fs.ErrPermission) {
			return release, err
		}
		select {
		case <-tick.C:
		case <-late.C:
			log.Warn("the node's helper has not made the machine's lock; is it running?", "error", err)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
