package build

import (
	"fmt"
	"io"
	"os"
)

// archive writes an initramfs: cpio "newc", everything owned by root, no times,
// so that equal files result in equal archives.
// https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
type archive struct {
	w       io.Writer
	inode   int
	written int64
	err     error
}

const (
	modeDir    = 0o040000
	modeFile   = 0o100000
	modeDevice = 0o020000

	cpioAlign = 4
)

func (a *archive) dir(name string, perm os.FileMode) { a.entry(name, modeDir|uint32(perm), 0, 0, nil) }

func (a *archive) file(name string, perm os.FileMode, content []byte) {
	a.entry(name, modeFile|uint32(perm), 0, 0, content)
}

func (a *archive) device(name string, perm os.FileMode, major, minor int) {
	a.entry(name, modeDevice|uint32(perm), major, minor, nil)
}

// close ends the archive and returns the first error of all writes.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, 0, 0, nil)
	return a.err
}

func (a *archive) entry(name string, mode uint32, major, minor int, content []byte) {
	a.inode++
	a.write([]byte(fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		a.inode, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name)+1, 0, name)))
	a.pad()
	a.write(content)
	a.pad()
}

func (a *archive) pad() {
	if over := a.written % cpioAlign; over > 0 {
		a.write(make([]byte, cpioAlign-over))
	}
}

func (a *archive) write(b []byte) {
	if a.err != nil {
		return
	}
	n, err := a.w.Write(b)
	a.written += int64(n)
	a.err = err
}
