package taskdir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Limits of what is stored and read of a guest's console, in bytes.
const (
	// MaxConsole is the size at which the log is truncated to zero, because a
	// guest can write without end.
	MaxConsole = 4 << 20
	// MaxRead is the maximum that ReadConsole returns.
	MaxRead = 64 << 10
)

// ReadConsole returns the start or the end of a console's log as the guest
// wrote it, at most MaxRead, or nothing if there is no log.
func (s *Store) ReadConsole(_ context.Context, folder string, tail bool) ([]byte, error) {
	path, err := s.path(folder, Console)
	if err != nil {
		return nil, err
	}
	file, err := openPlain(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the console's log: %w", err)
	}
	defer func() { _ = file.Close() }()
	data, err := readPart(file, tail)
	if err != nil {
		return nil, fmt.Errorf("read the console's log: %w", err)
	}
	return data, nil
}

func readPart(file *os.File, tail bool) ([]byte, error) {
	if tail {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		if _, err := file.Seek(max(0, info.Size()-MaxRead), io.SeekStart); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(file, MaxRead))
}

// TrimConsole truncates a log longer than MaxConsole to zero. The emulator only
// appends, so a truncated file continues from its start.
func (s *Store) TrimConsole(_ context.Context, folder string) error {
	path, err := s.path(folder, Console)
	if err != nil {
		return err
	}
	if info, err := os.Lstat(path); err != nil || info.Size() <= MaxConsole {
		return nil //nolint:nilerr // there is none to be cut
	}
	file, err := openPlain(path, os.O_WRONLY)
	if err == nil {
		err = errors.Join(file.Truncate(0), file.Close())
	}
	if err != nil {
		return fmt.Errorf("cut the console's log: %w", err)
	}
	return nil
}

// openPlain follows no link and does not block on a FIFO, because QEMU's user
// owns the file.
func openPlain(path string, flags int) (*os.File, error) {
	file, err := os.OpenFile(path, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%w: %s is no plain file", ErrName, path), err, file.Close())
	}
	return file, nil
}
