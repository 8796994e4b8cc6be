package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// process is a running process, held by a pidfd, which unlike a pid is never
// reused.
type process struct {
	pid int
	fd  *os.File
}

// lockHolder returns the process that holds the lock on a pid file, or nil.
// libvirtd locks its own for as long as it lives, so a stale file, or a reused
// pid, is never mistaken for it.
func lockHolder(path string) (*process, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open pid file: %w", err)
	}
	defer f.Close()
	pid, err := queryLock(f)
	if err != nil || pid == 0 {
		return nil, err
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open process %d: %w", pid, err)
	}
	p := &process{pid: pid, fd: os.NewFile(uintptr(fd), "pidfd")}
	// If it is still the holder now that we have the pidfd, the pidfd refers to
	// it.
	if again, err := queryLock(f); err != nil || again != pid {
		p.close()
		return nil, err
	}
	return p, nil
}

// members returns all processes of this folder's daemon, including earlier
// ones: those that see the folder in the place of libvirt's.
func members(config Config) ([]*process, error) {
	own, err := os.Stat(config.path("lib"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at daemon's folder: %w", err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var list []*process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || !sees(pid, own) {
			continue
		}
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // it ended
		}
		p := &process{pid: pid, fd: os.NewFile(uintptr(fd), "pidfd")}
		// Check again now that we have the pidfd: then the pidfd refers to it.
		if !sees(pid, own) {
			p.close()
			continue
		}
		list = append(list, p)
	}
	return list, nil
}

// sees reports false for a process that has ended: a zombie has no root.
func sees(pid int, folder os.FileInfo) bool {
	info, err := os.Stat(fmt.Sprintf("/proc/%d/root/var/lib/libvirt", pid))
	return err == nil && os.SameFile(info, folder)
}

func queryLock(f *os.File) (int, error) {
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil {
		return 0, fmt.Errorf("query lock of %s: %w", f.Name(), err)
	}
	if lock.Type == unix.F_UNLCK || lock.Pid <= 0 {
		return 0, nil
	}
	return int(lock.Pid), nil
}

func (p *process) close() { _ = p.fd.Close() }

// end asks the process to end, waits for at most grace, and then kills it.
func (p *process) end(ctx context.Context, grace time.Duration) error {
	if err := p.signal(unix.SIGTERM); err != nil {
		return err
	}
	if p.wait(ctx, grace) {
		return nil
	}
	if err := p.signal(unix.SIGKILL); err != nil {
		return err
	}
	if !p.wait(ctx, grace) {
		return fmt.Errorf("process %d does not end", p.pid)
	}
	return nil
}

func (p *process) signal(s unix.Signal) error {
	err := unix.PidfdSendSignal(int(p.fd.Fd()), s, nil, 0)
	if err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("signal process %d: %w", p.pid, err)
	}
	return nil
}

// wait reports whether the process ended within limit, and before ctx is done.
// A pidfd becomes readable when its process ends.
func (p *process) wait(ctx context.Context, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for {
		left := time.Until(deadline)
		if ctx.Err() != nil {
			left = 0
		}
		// Wait in slices, so that ctx is checked.
		slice := min(max(left, 0), 100*time.Millisecond)
		fds := []unix.PollFd{{Fd: int32(p.fd.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, int(slice.Milliseconds()))
		if err == nil && n > 0 {
			return true
		}
		if left <= 0 {
			return false
		}
	}
}
