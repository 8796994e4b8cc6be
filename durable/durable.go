// Package durable keeps small files whole: a kill or a loss of power at any moment leaves
// a file as it was or as it was to be, and two programs do not work on one at a time. It
// works on Linux, macOS and Windows.
package durable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked means that another program has the lock.
var ErrLocked = errors.New("locked by another program")

// WriteFile replaces a file, or leaves it as it was. The file and its folder's entry are
// on disk when it returns. Mode does not depend on the caller's umask; Windows has none.
func WriteFile(path string, text []byte, mode fs.FileMode) error {
	if err := replace(path, text, mode); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// Lock takes the lock file at path, made with mode 0600 if it was not there, or returns
// ErrLocked at once. It is held until release is called or nothing refers to that any
// more; the system releases it when the process ends, however that happens. The file
// stays: removing it would let two processes hold locks on two files of one name.
func Lock(path string) (release func() error, err error) {
	lock := flock.New(path, flock.SetFlag(lockFlags), flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("lock %s: %w", path, err)
	case !held:
		return nil, errors.Join(fmt.Errorf("%s is %w", path, ErrLocked), lock.Close())
	}
	return lock.Close, nil
}

// retry is the pause between attempts to get a lock that another program has.
const retry = 50 * time.Millisecond

// AwaitLock takes the lock at path, as Lock does, once no other program has it. It calls
// busy, which may be nil, once if it has to wait. When ctx ends first the error wraps
// ErrLocked and the cause.
func AwaitLock(ctx context.Context, path string, busy func()) (release func() error, err error) {
	ticker := time.NewTicker(retry)
	defer ticker.Stop()
	for {
		release, err := Lock(path)
		if !errors.Is(err, ErrLocked) {
			return release, err
		}
		if busy != nil {
			busy()
			busy = nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", err, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}
