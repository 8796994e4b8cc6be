package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

const (
	// spares are files that hold room on the disk, each of spareSize bytes, for what
	// has to be written when the disk is full: that a folder is being removed.
	spares    = 8
	spareSize = 64 << 10
)

func (s *Store) spare(i int) string { return filepath.Join(s.dir, fmt.Sprintf(".spare-%d", i)) }

// replace writes a file as a whole. On a full disk it becomes a spare's.
func (s *Store) replace(path string, text []byte) error {
	err := renameio.WriteFile(path, text, 0o600)
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		s.keepSpares()
		return err
	}
	if len(text) > spareSize {
		return err
	}
	for i := range spares {
		if took := overwrite(s.spare(i), text); took == nil {
			return os.Rename(s.spare(i), path)
		}
	}
	return err
}

// overwrite fills a file that has its blocks already.
func overwrite(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, 0)
	if err == nil {
		err = f.Truncate(int64(len(text)))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// keepSpares makes the spares that are not there, as far as the disk has room:
// zeros are written, for every file system then has blocks for them.
func (s *Store) keepSpares() {
	for i := range spares {
		if info, err := os.Lstat(s.spare(i)); err == nil && info.Size() == spareSize {
			continue
		}
		if err := renameio.WriteFile(s.spare(i), make([]byte, spareSize), 0o600); err != nil {
			return
		}
	}
}
