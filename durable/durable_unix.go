//go:build unix

package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

const lockFlags = os.O_CREATE | os.O_RDWR | syscall.O_NOFOLLOW

// replace states folder and mode: otherwise the text would stand in TMPDIR for a moment,
// or for ever after a kill, and a file that others may read would stay one.
func replace(path string, text []byte, mode fs.FileMode) error {
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(mode))
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Cleanup())
	}
	if err := file.CloseAtomicallyReplace(); err != nil {
		return errors.Join(err, file.Cleanup())
	}
	return nil
}

// SyncFolder returns when what was made, renamed and deleted in a folder is on disk.
func SyncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// Free returns the bytes that a process without privileges may still write to the file
// system of a folder: none where it can have no further files.
func Free(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("read the room in %s: %w", dir, err)
	}
	return room(&fs), nil
}

// room is 0 where no file can be made any more. Systems that make room for files as they
// need it count none.
func room(fs *syscall.Statfs_t) uint64 {
	if fs.Files > 0 && fs.Ffree == 0 {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize)
}

// ReadOnly reports whether the file system of a folder is mounted read-only.
func ReadOnly(dir string) bool {
	var fs syscall.Statfs_t
	return syscall.Statfs(dir, &fs) == nil && readOnly(&fs)
}

// readOnly reads the flag that Linux calls ST_RDONLY and the BSDs MNT_RDONLY.
func readOnly(fs *syscall.Statfs_t) bool { return fs.Flags&1 != 0 }
