//go:build unix

package checkup

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// mayUse reports whether this user reads, writes and enters a folder.
func mayUse(dir string) bool { return unix.Access(dir, unix.R_OK|unix.W_OK|unix.X_OK) == nil }

func mayRead(path string) error { return unix.Access(path, unix.R_OK) }

// openTo reports whether a file's mode has any of these bits.
func openTo(info fs.FileInfo, bits fs.FileMode) bool { return info.Mode().Perm()&bits != 0 }
