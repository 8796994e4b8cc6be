package checkup

import (
	"errors"
	"io/fs"
	"os"
)

// mayUse reports whether this user makes files in a folder.
func mayUse(dir string) bool {
	file, err := os.CreateTemp(dir, ".dbc-doctor-*")
	if err != nil {
		return false
	}
	return errors.Join(file.Close(), os.Remove(file.Name())) == nil
}

func mayRead(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return file.Close()
}

// openTo is never true: files have no modes here, a user's folder is the user's.
func openTo(fs.FileInfo, fs.FileMode) bool { return false }
