package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/durable"
)

// Create writes an archive to a new file of mode 0600: the whole archive appears under its
// name, or none. An existing file is ErrExists.
func Create(name, passphrase string, m Manifest, files []File) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("%s %w: name another file", name, ErrExists))
	}
	out, err := os.CreateTemp(filepath.Dir(name), ".backup-*") // of mode 0600
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	defer func() { _ = os.Remove(out.Name()) }()
	err = Write(out, passphrase, m, files)
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := place(out.Name(), name); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return durable.SyncFolder(filepath.Dir(name))
}

// place gives a file its name. It never replaces a file that was made meanwhile, as a plain
// rename would: it links, and renames with that condition where a file system has no links,
// such as FAT and exFAT on removable disks.
func place(from, to string) error {
	err := os.Link(from, to)
	if errors.Is(err, unix.EPERM) || errors.Is(err, errors.ErrUnsupported) {
		err = renameNew(from, to)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s %w: name another file", to, ErrExists)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%s: its file system cannot give a file a name without replacing another: name a file on another disk, and copy it", to)
	}
	return err
}

// Extract writes files of mode 0600 into a new folder: all of them, or none. A folder with
// anything in it is ErrExists, and an empty one keeps its mode. Before the folder has its
// name, fit looks at it and may change modes, so that what it refuses is nowhere, and keys
// are on no other disk meanwhile.
func Extract(folder string, files []File, fit func(folder string) error) (err error) {
	if folder, err = destination(folder); err != nil {
		return err
	}
	above := filepath.Dir(folder)
	if err := os.MkdirAll(above, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", above, err)
	}
	made, remove, err := Scratch(above, ".dbc-restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	for _, f := range files {
		if err := put(made, f); err != nil {
			return err
		}
	}
	if err := fit(made); err != nil {
		return err
	}
	mode := fs.FileMode(folderMode)
	there, _ := os.Stat(folder) // nil where it is made anew
	if there != nil {
		mode = there.Mode().Perm()
	}
	if err := os.Chmod(made, mode); err != nil {
		return fmt.Errorf("restore %s: %w", folder, err)
	}
	if there != nil { // it fails where another program put something there meanwhile
		if err := os.Remove(folder); err != nil {
			return fmt.Errorf("restore %s: %w", folder, err)
		}
	}
	if err := os.Rename(made, folder); err != nil {
		return fmt.Errorf("restore %s: %w", folder, err)
	}
	return durable.SyncFolder(above)
}

// destination returns where a folder is or will be: what a symbolic link leads to, not the
// link, which may lead to another disk. A folder with anything in it is ErrExists.
func destination(name string) (string, error) {
	folder, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	switch _, err := os.Lstat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return folder, nil
	case err != nil:
		return "", fmt.Errorf("look at %s: %w", name, err)
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", fmt.Errorf("follow %s: %w; name a folder", name, err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", fmt.Errorf("look at %s: %w; name a folder", name, err)
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s: %s %w: name an empty folder", name, entries[0].Name(), ErrExists)
	}
	return folder, nil
}

func put(folder string, f File) error {
	if err := CheckName(f.Name); err != nil {
		return err
	}
	path := filepath.Join(folder, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("restore %s: %w", f.Name, err)
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return fmt.Errorf("restore %s: %w", f.Name, err)
	}
	_, err = out.Write(f.Text)
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("restore %s: %w", f.Name, err)
	}
	return durable.SyncFolder(filepath.Dir(path))
}
