//go:build linux

package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Users returns the paths of the disks below dir that are based on the image at
// path, including those of closed tasks. It looks only into files named as
// qcow2, because the content of a raw disk was written by its guest. A file
// with an unreadable header is an error, because it could be based on the
// image.
func Users(ctx context.Context, dir, path string) ([]string, error) {
	var users []string
	err := filepath.WalkDir(dir, func(disk string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile, or no disk was ever created
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if !d.Type().IsRegular() || !strings.HasSuffix(strings.TrimSuffix(d.Name(), newSuffix), extension) {
			return nil
		}
		backing, err := backingOf(disk)
		if err != nil {
			return fmt.Errorf("read disk %s: %w", disk, err)
		}
		if backing == path {
			users = append(users, disk)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for disks on the image: %w", err)
	}
	return users, nil
}

// backingOf returns "" for a file that is not an overlay.
func backingOf(disk string) (string, error) {
	f, err := os.OpenFile(disk, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	h, err := readHeader(f)
	err = errors.Join(err, f.Close())
	if errors.Is(err, errNotQcow2) {
		return "", nil
	}
	return h.backing, err
}

// Delete removes an image by name, and what an unfinished pull or build left of it.
// disks is the folder with the disks of all guests. If one of them is based on
// the image, including kept ones, Delete returns ErrInUse, because that disk
// could not be opened any more.
func (s *Store) Delete(ctx context.Context, name, disks string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	dropped, err := s.dropUnfinished(name)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(filepath.Join(s.dir, name))
	if err != nil {
		return fmt.Errorf("delete image: %w", err)
	}
	// From here on no overlay can be created on it; see Overlay.
	release, err := hold(path, syscall.LOCK_EX|syscall.LOCK_NB)
	if _, orphan := s.orphan(name + manifestSuffix); errors.Is(err, ErrNotFound) && orphan {
		if _, there := os.Lstat(path + manifestSuffix); there == nil {
			return s.ClearBuild(name)
		}
	}
	if errors.Is(err, ErrNotFound) && dropped {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	users, err := Users(ctx, disks, path)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return fmt.Errorf("%w: %d disks stand on %s: %s; it can be deleted when their VMs are deleted and their kept disks gone",
			ErrInUse, len(users), name, strings.Join(users[:min(len(users), 3)], ", "))
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("delete image: %w", err)
	}
	if err := os.Remove(path + manifestSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete the image's manifest: %w", err)
	}
	return syncPath(s.dir)
}

// dropUnfinished removes what interrupted pulls left of an image.
func (s *Store) dropUnfinished(name string) (dropped bool, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("look for unfinished pulls: %w", err)
	}
	for _, entry := range entries {
		if of, ok := unfinished(entry.Name()); !ok || of != name {
			continue
		}
		part := filepath.Join(s.dir, entry.Name())
		release, err := hold(part, syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return dropped, fmt.Errorf("%w: %s is being pulled", ErrBusy, name)
		}
		err = os.Remove(part)
		release()
		if err != nil {
			return dropped, fmt.Errorf("delete an unfinished pull: %w", err)
		}
		dropped = true
	}
	return dropped, nil
}

// unlock releases a file's lock and closes it. Closing alone would leave the
// lock for a moment with a program that is just being started: until it runs it
// has all files of this process.
func unlock(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	_ = f.Close()
}

// hold locks an image, shared while an overlay on it is created and exclusively
// while it is deleted, also against other processes. The kernel releases the
// lock when the process ends. hold returns ErrBusy if another process holds a
// conflicting lock, and ErrNotFound if the image is gone.
func hold(path string, how int) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, filepath.Base(path))
	}
	if err != nil {
		return nil, fmt.Errorf("open image: %w", err)
	}
	release = func() { unlock(f) }
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		release()
		return nil, fmt.Errorf("%w: %s is being deleted, or a disk is being made on it", ErrBusy, filepath.Base(path))
	}
	// It may have been deleted between open and lock.
	have, err := f.Stat()
	if err == nil {
		var there os.FileInfo
		if there, err = os.Lstat(path); err == nil && !os.SameFile(have, there) {
			err = fs.ErrNotExist
		}
	}
	if err != nil {
		release()
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: %s", ErrNotFound, filepath.Base(path))
		}
		return nil, fmt.Errorf("stat image: %w", err)
	}
	return release, nil
}

// freeBytes returns the bytes that a process other than root may still write on
// the file system of dir.
func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("read the room in %s: %w", dir, err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}
