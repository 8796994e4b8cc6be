//go:build unix

package profile

import (
	"io/fs"
	"os"
	"syscall"
)

// foreign reports whether a file is neither this user's nor the system's, so that its
// owner can write to it whatever its mode is.
func foreign(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && foreignTo(os.Geteuid(), int(stat.Uid))
}

func foreignTo(user, owner int) bool { return owner != 0 && owner != user }
