package node

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const lockName = "mining.lock"

// giveLock makes the lock for a node that may not make files beside it.
func giveLock(cfg Config, uid, gid int) error {
	if err := os.MkdirAll(cfg.runDir(), 0o755); err != nil {
		return fmt.Errorf("make the lock's folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(cfg.runDir(), lockName), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("make the lock: %w", err)
	}
	if err := errors.Join(file.Chown(uid, gid), file.Close()); err != nil {
		return fmt.Errorf("give the lock to the node: %w", err)
	}
	return nil
}

// lockMachine takes the computer's one lock for mining nodes. The kernel drops
// it with the process, however that ends. The file stays: removing it would let
// two nodes hold locks on two files of one name.
func lockMachine(cfg Config) (release func() error, err error) {
	dir := cfg.runDir()
	if dir != DefaultRunDir && mainNetwork(cfg.ChainID) {
		return nil, fmt.Errorf("lock in %s, want %s: %w", dir, DefaultRunDir, ErrMainNetwork)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the lock's folder: %w", err)
	}
	return lock(filepath.Join(dir, lockName), ErrLocked)
}

// lockHome takes a client node's home: two with one key would be one peer.
func lockHome(cfg Config) (release func() error, err error) {
	return lock(filepath.Join(cfg.Home, filepath.Dir(KeyFile), "client.lock"), ErrHome)
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
	// Closing alone would leave the lock for a moment with a program that is just
	// being started: until it runs it has all files of this process.
	return func() error { return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close()) }, nil
}
