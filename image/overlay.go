//go:build linux

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
	// newSuffix marks a disk that is not complete yet.
	newSuffix = ".new"
)

// Overlay creates a disk of size bytes at path on top of base, which does not
// change. path is absolute and chosen by the caller, never by a request. An
// existing disk on the same base with the same size is left unchanged, with
// everything the guest wrote; any other existing file is an error.
//
// The disk is created under another name and renamed when it is complete and
// synced, so that after a crash path either does not exist or is complete. The
// next call replaces what a crash left under the other name.
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

// checkOverlay returns nil for the requested disk and fs.ErrNotExist if there
// is none.
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
