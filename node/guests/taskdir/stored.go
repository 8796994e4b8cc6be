package taskdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
)

// Stored is what a VM takes up on the disk, in bytes of allocated blocks.
type Stored struct {
	// Disks are the system disk and the data disks: what was promised to them and is
	// not in this number is still to come.
	Disks uint64
	// All is everything in the folder, whatever it is: also snapshots, seed, console
	// log and the firmware's variables. It is free when the folder is wiped.
	All uint64
}

// maxCounted bounds the files that are counted: QEMU's user can make some in a folder of
// its own. With more, less is counted than is there.
const maxCounted = 10_000

// Stored measures a VM's folder; all zero if it does not exist.
func (s *Store) Stored(ctx context.Context, folder string) (Stored, error) {
	path, err := s.path(folder, "")
	if err != nil {
		return Stored{}, err
	}
	stored, err := measure(ctx, path)
	if err != nil {
		return Stored{}, fmt.Errorf("measure the VM's folder: %w", err)
	}
	return stored, nil
}

func measure(ctx context.Context, dir string) (stored Stored, err error) {
	count := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if count++; count > maxCounted {
			return fs.SkipAll
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return nil
		}
		bytes := uint64(stat.Blocks) * 512 // of stat(2), whatever the file system's are
		stored.All += bytes
		if filepath.Dir(path) == filepath.Clean(dir) && isDisk(entry.Name()) {
			stored.Disks += bytes
		}
		return nil
	})
	return stored, err
}

// isDisk reports whether a file is one of the VM's disks.
func isDisk(file string) bool {
	name, raw := strings.CutSuffix(file, RawDisk)
	return file == System || raw && CheckDisk(name) == nil
}
