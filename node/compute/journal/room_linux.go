package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate allocates the file's disk blocks up to size, without changing its
// content.
func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func unlock(f *os.File) { _ = unix.Flock(int(f.Fd()), unix.LOCK_UN) }
