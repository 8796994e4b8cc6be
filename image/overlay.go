package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	sectorSize = 512
	// newSuffix is on a disk that is not whole yet.
	newSuffix = ".new"
)

// Overlay makes a disk of size bytes at path on top of base, which stays as it
// is. path is absolute and the caller's own choice, never a request's. A disk
// that is already there on the same base with the same size is left alone, with
// all that the guest wrote; any other file there is an error.
//
// The disk is made under another name and renamed when it is whole and on
// disk, so after a crash path either is not there or is complete. What a crash
// leaves under the other name is replaced by the next call.
func Overlay(ctx context.Context, base Image, path string, size int64) error {
	if !filepath.IsAbs(path) || !filepath.IsAbs(base.Path) {
		return fmt.Errorf("make overlay: paths %q and %q have to be absolute", path, base.Path)
	}
	if size < base.VirtualSize {
		return fmt.Errorf("%w: size %d bytes, image %s needs %d", ErrTooSmall, size, base.Name, base.VirtualSize)
	}
	if size > MaxVirtualSize || size%sectorSize != 0 {
		return fmt.Errorf("make overlay: size %d bytes: want a multiple of %d, at most %d", size, sectorSize, int64(MaxVirtualSize))
	}
	switch err := checkOverlay(path, base, size); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	release, err := hold(base.Path, syscall.LOCK_SH)
	if err != nil {
		return err
	}
	defer release()
	temp := path + newSuffix
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove half-made overlay: %w", err)
	}
	err = qemuImg(ctx, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base.Path, "--", temp, strconv.FormatInt(size, 10))
	if err != nil {
		return errors.Join(fmt.Errorf("make overlay: %w", err), removeQuietly(temp))
	}
	return publish(temp, path)
}

// checkOverlay is nil for the wished disk, fs.ErrNotExist for none.
func checkOverlay(path string, base Image, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open overlay: %w", err)
	}
	defer func() { _ = f.Close() }()
	h, err := readHeader(f)
	if err != nil {
		return fmt.Errorf("overlay %s is there and unreadable: %w", path, err)
	}
	if h.backing != base.Path || h.backingFmt != "qcow2" || h.size != size {
		return fmt.Errorf("overlay %s is there, but with %d bytes on %q; want %d bytes on %q", path, h.size, h.backing, size, base.Path)
	}
	return nil
}

func publish(temp, path string) error {
	if err := syncPath(temp); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o600); err != nil {
		return fmt.Errorf("protect overlay: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("publish overlay: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync overlay: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync overlay: %w", err)
	}
	return nil
}

func removeQuietly(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
