package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives the file blocks of the disk up to size, without a change of
// what it holds.
func allocate(f *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, size)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
