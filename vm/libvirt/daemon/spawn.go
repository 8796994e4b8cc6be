package daemon

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// programPath is where libvirtd finds QEMU, ebtables and the like: not in
// folders that the caller's environment names.
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// spawn starts libvirtd in a mount namespace of its own. The namespace lives in
// its processes alone: when they are gone, so are the mounts.
func (c Config) spawn(program string) (*exec.Cmd, error) {
	log, err := os.OpenFile(c.path("log", "stdio.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of libvirtd: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(program, "--config", "/etc/libvirt/libvirtd.conf", "--pid-file", c.pidFile())
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + programPath, "LANG=C.UTF-8", "HOME=/root"}
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: a terminal's interrupt of the caller isn't for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := inOwnThread(func() error { return c.startIsolated(cmd) }); err != nil {
		return nil, err
	}
	return cmd, nil
}

func (c Config) startIsolated(cmd *exec.Cmd) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare mounts: %w", err)
	}
	// Else the mounts below would show on the computer.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	for _, m := range mounts {
		if err := unix.Mount(c.path(m.from), m.onto, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount %s onto %s: %w", c.path(m.from), m.onto, err)
		}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start libvirtd: %w", err)
	}
	return nil
}

// inOwnThread runs f on a thread that ends with it: whatever f does to the
// thread's namespaces reaches no other goroutine. A child keeps them.
func inOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the runtime then ends the thread with the goroutine.
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread can't end, and /proc/self would show its
			// mounts for ever. While this goroutine holds it, the next one
			// gets another.
			done <- inOwnThread(f)
			runtime.UnlockOSThread()
			return
		}
		done <- f()
	}()
	return <-done
}
