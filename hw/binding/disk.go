package binding

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// disk changes files below a root in steps that can be repeated. before is
// called ahead of each; only tests make it fail, to simulate a crash.
type disk struct {
	root   *os.Root
	before func(step string) error
	// volatile skips syncing to disk, for tests of many steps.
	volatile bool
}

func (d disk) step(name, file string) error {
	if d.before == nil {
		return nil
	}
	return d.before(name + " " + file)
}

// lockPath can be opened by root only: whoever can open a file can lock it. It
// disappears with a reboot.
const lockPath = "run/dbc-gpu-bind.lock"

func (d disk) openLock() (*os.File, error) {
	if !isFolder(d.root, path.Dir(lockPath)) {
		return d.root.Open("etc") // the root is a copy, not a running computer's
	}
	return d.root.OpenFile(lockPath, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
}

// lock keeps a second command from changing the same files until released.
func (d disk) lock() (release func(), err error) {
	f, err := d.openLock()
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, err
	}
	return func() {
		// A child that was started meanwhile may briefly hold a copy of it.
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
		_ = f.Close()
	}, nil
}

// temporary is where a file is written before it is renamed into place.
// Programs that read these folders ignore names that begin with a dot.
func temporary(file string) string {
	return path.Join(path.Dir(file), "."+path.Base(file)+".dbc-new")
}

// put writes a file as an item says, completely or not at all.
func (d disk) put(i item) error {
	if err := d.folders(path.Dir(i.path)); err != nil {
		return err
	}
	temp := temporary(i.path)
	if err := d.remove(temp); err != nil {
		return err
	}
	if err := d.step("write", temp); err != nil {
		return err
	}
	write := d.write
	if i.target != "" {
		write = func(name string, i item) error { return d.root.Symlink(i.target, name) }
	}
	if err := write(temp, i); err != nil {
		return err
	}
	return d.rename(temp, i.path)
}

func (d disk) rename(from, to string) error {
	if err := d.step("rename", to); err != nil {
		return err
	}
	if err := d.root.Rename(from, to); err != nil {
		return err
	}
	return d.sync(path.Dir(to))
}

// clear removes what a crash left of a folder that is made or removed atomically.
func (d disk) clear(folder string) error {
	temp := temporary(folder)
	for _, name := range []string{temporary(temp + "/" + manifestName), temp + "/" + manifestName, temp} {
		if err := d.remove(name); err != nil {
			return err
		}
	}
	return nil
}

func (d disk) write(name string, i item) error {
	f, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(i.text)
	return errors.Join(err, f.Chmod(i.mode), d.flush(f), f.Close())
}

// folders makes a folder and its parents.
func (d disk) folders(dir string) error {
	if dir == "." {
		return nil
	}
	if info, err := d.root.Stat(dir); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%w: %s is no folder", ErrForeign, dir)
		}
		return nil
	}
	if err := d.folders(path.Dir(dir)); err != nil {
		return err
	}
	if err := d.step("make", dir); err != nil {
		return err
	}
	if err := d.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return errors.Join(d.root.Chmod(dir, 0o755), d.sync(path.Dir(dir)))
}

// remove removes a file or an empty folder; a missing one is no error.
func (d disk) remove(name string) error {
	if _, err := d.root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := d.step("remove", name); err != nil {
		return err
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.sync(path.Dir(name))
}

func (d disk) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.flush(f), f.Close())
}

func (d disk) flush(f *os.File) error {
	if d.volatile {
		return nil
	}
	return f.Sync()
}
