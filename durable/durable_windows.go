package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

const lockFlags = os.O_CREATE | os.O_RDWR

func replace(path string, text []byte, _ fs.FileMode) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	from, err := windows.UTF16PtrFromString(file.Name())
	if err != nil {
		return fmt.Errorf("name %s: %w", file.Name(), err)
	}
	to, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return fmt.Errorf("name %s: %w", path, err)
	}
	// Write-through: the rename is on disk when it returns.
	return windows.MoveFileEx(from, to, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

// SyncFolder does nothing: on Windows folders are not synced, renames are written through.
func SyncFolder(string) error { return nil }

// Free returns the bytes that this user may still write to the disk of a folder.
func Free(dir string) (free uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err == nil {
		err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	}
	if err != nil {
		return 0, fmt.Errorf("read the room in %s: %w", dir, err)
	}
	return free, nil
}

// ReadOnly is never true: Windows does not remount a disk read-only.
func ReadOnly(string) bool { return false }
