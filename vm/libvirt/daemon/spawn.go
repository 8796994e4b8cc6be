package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// programPath is where libvirtd finds QEMU and other programs, instead of the
// folders that the caller's environment names.
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// spawn starts libvirtd in a mount namespace of its own. The namespace exists
// only in its processes: when they are gone, so are the mounts.
func (c Config) spawn(program string) (*exec.Cmd, error) {
	log, err := os.OpenFile(c.path("log", "stdio.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log of libvirtd: %w", err)
	}
	defer log.Close()
	//nolint:noctx // the daemon outlives the call; Stop ends it
	cmd := exec.Command(program, "--config", "/etc/libvirt/libvirtd.conf", "--pid-file", c.pidFile())
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + programPath, "LANG=C.UTF-8", "HOME=/root"}
	cmd.Stdout, cmd.Stderr = log, log
	// Use a separate session, so that an interrupt from the caller's terminal
	// does not reach it.
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
	// Otherwise the mounts below would be visible on the computer.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	for _, m := range mounts {
		if err := unix.Mount(c.path(m.from), m.onto, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount %s onto %s: %w", c.path(m.from), m.onto, err)
		}
	}
	if err := c.hideKVM(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start libvirtd: %w", err)
	}
	return nil
}

const kvm = "/dev/kvm"

// hideKVM hides a /dev/kvm that the emulator's user may not open. libvirt would
// still find it in QEMU, because it probes with more rights than a domain has,
// then consider that result outdated, and probe again for every call.
func (c Config) hideKVM() error {
	name, _, err := c.emulatorUser()
	if err != nil {
		return err
	}
	may, err := mayOpen(kvm, name)
	if err != nil || may {
		return err
	}
	if err := unix.Mount(kvm, kvm, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s onto itself: %w", kvm, err)
	}
	if err := unix.Mount("", kvm, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("hide %s: %w", kvm, err)
	}
	return nil
}

// mayOpen decides by owner, group and mode. A missing file needs no hiding.
func mayOpen(path, userName string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at %s: %w", path, err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	u, err := user.Lookup(userName)
	if err != nil || !ok {
		return false, fmt.Errorf("look up user %s: %w", userName, err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return false, fmt.Errorf("look up groups of %s: %w", userName, err)
	}
	perm := info.Mode().Perm()
	switch {
	case u.Uid == "0":
		return true, nil
	case u.Uid == strconv.Itoa(int(stat.Uid)):
		return perm&0o600 == 0o600, nil
	case slices.Contains(groups, strconv.Itoa(int(stat.Gid))):
		return perm&0o060 == 0o060, nil
	}
	return perm&0o006 == 0o006, nil
}

// inOwnThread runs f on a thread that ends with it, so that no other goroutine
// sees changes of the thread's namespaces. A child process keeps them.
func inOwnThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlock: the runtime then ends the thread together with the
		// goroutine.
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end, and /proc/self would show its mounts
			// forever. While this goroutine holds it, the next one gets another
			// thread.
			done <- inOwnThread(f)
			runtime.UnlockOSThread()
			return
		}
		done <- f()
	}()
	return <-done
}
