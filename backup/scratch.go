package backup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Scratch makes a folder of mode 0700 for what must not stay, such as keys in plain text,
// and deletes those of the same name that a kill or a loss of power left. It is above's
// own; "" is the system's temporary folder. Call remove when it is no longer needed, also
// where it was renamed meanwhile.
func Scratch(above, name string) (path string, remove func() error, err error) {
	if above == "" {
		above = os.TempDir()
	}
	if err := sweep(above, name); err != nil {
		return "", nil, err
	}
	if path, err = os.MkdirTemp(above, name+"*"); err != nil {
		return "", nil, fmt.Errorf("make a folder in %s: %w", above, err)
	}
	held, err := hold(path)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(path))
	}
	return path, func() error { return errors.Join(os.RemoveAll(path), held.Close()) }, nil
}

// hold locks a folder while its program lives. It refuses what is not a folder of this
// user's, without following links.
func hold(path string) (*os.File, error) {
	dir, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", path, err)
	}
	var info unix.Stat_t
	err = unix.Fstat(int(dir.Fd()), &info)
	if err == nil && int(info.Uid) != os.Geteuid() {
		err = os.ErrPermission
	}
	if err == nil {
		err = unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("hold %s: %w", path, err), dir.Close())
	}
	return dir, nil
}

// sweep deletes the folders that no living program holds.
func sweep(above, name string) error {
	entries, err := os.ReadDir(above)
	if err != nil {
		return fmt.Errorf("look for what was left in %s: %w", above, err)
	}
	for _, e := range entries {
		// MkdirTemp adds digits; another name is somebody's own.
		number, ours := strings.CutPrefix(e.Name(), name)
		if !ours || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		path := filepath.Join(above, e.Name())
		held, err := hold(path)
		if err != nil {
			continue // another program's
		}
		if err := errors.Join(os.RemoveAll(path), held.Close()); err != nil {
			return fmt.Errorf("delete %s, which was left: %w", path, err)
		}
	}
	return nil
}
