package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node/conf"
)

// lockMachine takes the computer's one lock for mining nodes. The kernel drops
// it with the process, however that ends. The file stays: removing it would let
// two nodes hold locks on two files of one name.
func lockMachine(cfg conf.Config) (release func() error, err error) {
	dir := cfg.LockDir()
	if dir != conf.DefaultRunDir && !chainid.Test(cfg.ChainID) {
		return nil, fmt.Errorf("lock in %s, want %s: %w", dir, conf.DefaultRunDir, conf.ErrMainNetwork)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the lock's folder: %w", err)
	}
	return lock(cfg.LockFile(), ErrLocked)
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

// lockHome takes a client node's home: two with one key would be one peer.
func lockHome(cfg conf.Config) (release func() error, err error) {
	return lock(filepath.Join(cfg.Home, filepath.Dir(conf.KeyFile), "client.lock"), ErrHome)
}

func lock(path string, held error) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is held; stop the other node first: %w", path, held)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Closing alone could leave the lock for a moment with a program that is just
	// being started: until it runs it has all files of this process.
	return func() error { return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close()) }, nil
}
