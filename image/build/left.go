package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// makeWork makes a folder for the work on an image and locks it: the kernel releases the
// lock when the process ends, however that happens.
func makeWork(dir, name string) (path string, held *os.File, err error) {
	for {
		if path, err = os.MkdirTemp(dir, "."+name+"-"); err != nil {
			return "", nil, err
		}
		held, err = hold(path)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EWOULDBLOCK) {
			return path, held, err
		} // another build took it for a left one before it was locked
	}
}

// hold locks a folder.
func hold(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		_, err = os.Lstat(path) // gone between open and lock
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// clearLeft deletes the folders of an image's builds that were killed, since they hold
// gigabytes, and reports whether one beside the caller's own is under way.
func clearLeft(dir, name, own string) (beside bool, err error) {
	work := regexp.MustCompile(`^\.` + regexp.QuoteMeta(name) + `-[0-9]+$`)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("look for left-over work folders: %w", err)
	}
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if !entry.IsDir() || !work.MatchString(entry.Name()) || path == own {
			continue
		}
		held, err := hold(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			beside = true
			continue
		case err == nil:
			err = errors.Join(os.RemoveAll(path), held.Close())
		}
		if err != nil {
			return beside, fmt.Errorf("delete a left-over work folder: %w", err)
		}
	}
	return beside, nil
}
