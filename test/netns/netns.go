// Package netns creates network namespaces for tests. It needs root.
package netns

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Space is a network namespace. It ends with its file, the sockets and the
// processes in it.
type Space struct{ file *os.File }

// New creates a namespace with loopback up, until the test ends.
func New(t *testing.T) *Space {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("needs root, for network namespaces: run scripts/test.sh")
	}
	var file *os.File
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(lo); err != nil {
			return err
		}
		file, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		return err
	})
	if err != nil {
		t.Fatalf("make a network namespace: %v", err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return &Space{file}
}

// Do runs f in the namespace. A process that f starts stays there.
func (s *Space) Do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(s.FD(), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// FD returns the namespace's file descriptor.
func (s *Space) FD() int { return int(s.file.Fd()) }

// Path returns a path of the namespace for other programs, valid as long as
// this process lives.
func (s *Space) Path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.FD()) }

// onThread runs f on a thread that ends with it.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread cannot be reused
		done <- f()
	}()
	return <-done
}
