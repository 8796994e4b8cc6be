package networks

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

const (
	// maxDescription bounds the files that people write.
	maxDescription = 1 << 20
	// MaxGenesis bounds a genesis, in bytes: an export of a large chain has tens of
	// millions.
	MaxGenesis = 1 << 28
)

// files are a network's folder. The file system is no embedded field: that would hide
// its Stat, and package fs would open a file instead, where a pipe blocks.
type files struct {
	fs  fs.FS
	dir string
}

// read returns a regular file of at most limit bytes. A pipe or a device would block
// or never end, so it is not opened.
func (f files) read(name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(f.fs, name)
	if err != nil {
		return nil, fmt.Errorf("%w %s: read %s: %w", ErrFile, f.dir, name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w %s: %s is a %s; a regular file is wanted", ErrFile, f.dir, name, kind(info.Mode()))
	}
	if info.Size() > limit {
		return nil, tooLarge(f.dir, name, info.Size(), limit)
	}
	file, err := f.fs.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w %s: open %s: %w", ErrFile, f.dir, name, err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w %s: read %s: %w", ErrFile, f.dir, name, err)
	}
	if int64(len(text)) > limit {
		return nil, tooLarge(f.dir, name, int64(len(text)), limit)
	}
	return text, nil
}

func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&fs.ModeNamedPipe != 0:
		return "pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	}
	return "device"
}

func tooLarge(dir, name string, size, limit int64) error {
	return fmt.Errorf("%w %s: %s has %d bytes, and may have %d", ErrFile, dir, name, size, limit)
}

// has reports whether the folder has the file.
func (f files) has(name string) (bool, error) {
	switch _, err := fs.Stat(f.fs, name); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, fmt.Errorf("%w %s: look for %s: %w", ErrFile, f.dir, name, err)
	}
}
