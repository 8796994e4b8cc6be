// Package daemon runs a private libvirtd, separate from the computer's: in a mount
// namespace in which libvirt's folders are folders below Config.Dir. Devnets and
// tests use it; a production node uses the computer's libvirtd.
//
// All state is in Config.Dir, so that any process can take over from one that was
// killed: whoever holds the lock on libvirtd's own pid file is the daemon.
package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"
)

// Errors of Start.
var (
	// ErrBadConfig means that the configuration is invalid.
	ErrBadConfig = errors.New("bad libvirtd configuration")

	// ErrMissing means that libvirt or a part of it is not installed.
	ErrMissing = errors.New("libvirt is not installed")

	// ErrNotStarted means that libvirtd ended or did not answer in time.
	ErrNotStarted = errors.New("libvirtd did not start")
)

// startLimit bounds the wait for libvirtd's first answer: probing QEMU's
// capabilities takes seconds on a busy computer, and longest the first time.
const startLimit = 90 * time.Second

// Config is what Start needs.
type Config struct {
	// Dir is the daemon's folder, absolute. Only root may write to it or its
	// parents. Two daemons never share one.
	Dir string
	// User is the emulator's user. "" means libvirt-qemu or qemu if the system
	// has one, and root otherwise.
	User string
	// Logger defaults to slog.Default().
	Logger *slog.Logger
}

func (c Config) validate() error {
	if !filepath.IsAbs(c.Dir) || filepath.Clean(c.Dir) != c.Dir || c.Dir == "/" {
		return fmt.Errorf("%w: dir is %q, allowed: an absolute path without dots", ErrBadConfig, c.Dir)
	}
	for _, r := range c.Dir {
		if r == '"' || r == '\\' || r < ' ' {
			return fmt.Errorf("%w: dir is %q, allowed: no quotes, backslashes or control characters", ErrBadConfig, c.Dir)
		}
	}
	return nil
}

// socketDir is short however long Dir is, because the path of a unix socket is
// limited to 107 bytes.
func (c Config) socketDir() string {
	sum := sha256.Sum256([]byte(c.Dir))
	return "/run/dbc/libvirt-" + hex.EncodeToString(sum[:6])
}

func (c Config) socket() string { return c.socketDir() + "/libvirt-sock" }

func (c Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.Dir}, parts...)...)
}

func (c Config) pidFile() string { return c.path("libvirtd.pid") }

func (c Config) logger() *slog.Logger {
	if c.Logger != nil {
		return c.Logger
	}
	return slog.Default()
}
