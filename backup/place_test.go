package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/backup"
)

// withoutLinks runs do on a thread for which the kernel refuses links, as FAT does. The
// thread ends with it.
func withoutLinks(t *testing.T, do func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the filter cannot be taken off
		program := []unix.SockFilter{
			{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
			{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_LINKAT, Jf: 1},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
			{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		}
		filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
		err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if err == nil {
			err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0)
		}
		runtime.KeepAlive(program)
		if err == nil {
			do()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestCreateOnDisksWithoutLinks: removable disks are where a backup goes.
func TestCreateOnDisksWithoutLinks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	var first, second error
	withoutLinks(t, func() {
		if err := os.Link(os.Args[0], path); !errors.Is(err, unix.EPERM) {
			t.Errorf("links are made: %v", err)
		}
		first = backup.Create(path, secret, manifest, stored)
		second = backup.Create(path, secret, manifest, stored)
	})
	if first != nil || !errors.Is(second, backup.ErrExists) {
		t.Errorf("%v, %v", first, second)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}
