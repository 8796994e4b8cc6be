package node

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Lock takes the lock file at path, or returns ErrHeld. The kernel releases it when
// the process ends, however that happens. The file stays: removing it would let two
// processes hold locks on two files of one name.
func Lock(path string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is %w", path, ErrHeld)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// Closing alone could leave the lock for a moment with a program that is just
	// being started: until it runs it has all files of this process.
	return func() error { return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close()) }, nil
}
