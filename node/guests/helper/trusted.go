package helper

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxSymlinks is how many symbolic links the kernel follows in a path (path_resolution(7)).
const maxSymlinks = 40

// rootsAlone refuses paths that anybody but root could change, or put something else in
// place of: who owns a folder above, or one with a link on the way, can rename what is in
// it. uid is the node's user.
func rootsAlone(uid int, paths ...string) error {
	for _, path := range paths {
		if err := walk(path, func(at string, info os.FileInfo, last bool) error {
			mode := info.Mode()
			// In a sticky folder only the owner of an entry, who is checked too, renames it.
			open := mode.Perm()&0o022 != 0 && (last || mode&os.ModeSticky == 0) && mode.Type() != os.ModeSymlink
			if stat, ok := info.Sys().(*syscall.Stat_t); !ok || !isRoots(stat.Uid, uid) || open {
				return fmt.Errorf("the helper trusts %s, and user %d or others can change %s; chown it to root and chmod go-w: %w", path, uid, at, ErrRoot)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// isRoots reports whether an owner is root or the helper's own user, who is root but in
// tests, and not the node's.
func isRoots(owner uint32, node int) bool {
	return (owner == 0 || int(owner) == os.Geteuid()) && int(owner) != node
}

// walk calls do for each folder and link on the way to path, and for what is there, which
// is the last.
func walk(path string, do func(at string, info os.FileInfo, last bool) error) error {
	if !filepath.IsAbs(path) {
		here, err := os.Getwd()
		if err != nil {
			return fmt.Errorf("look at what the helper trusts: %w", err)
		}
		path = here + "/" + path // uncleaned: what ".." after a link means is not in its text
	}
	at, rest, links := "/", parts(path), 0
	for {
		info, err := os.Lstat(at)
		if err != nil {
			return fmt.Errorf("look at what the helper trusts: %w", err)
		}
		link := info.Mode().Type() == os.ModeSymlink
		if err := do(at, info, len(rest) == 0 && !link); err != nil {
			return err
		}
		switch {
		case link:
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxSymlinks {
				return fmt.Errorf("look at what the helper trusts: %s: %w", at, errors.Join(err, syscall.ELOOP))
			}
			if at = filepath.Dir(at); filepath.IsAbs(target) {
				at = "/"
			}
			rest = append(parts(target), rest...)
		case len(rest) == 0:
			return nil
		default:
			at, rest = filepath.Join(at, rest[0]), rest[1:]
		}
	}
}

// parts returns the names in a path.
func parts(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(name string) bool { return name == "" || name == "." })
}
