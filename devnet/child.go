package devnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// child is a child process. It runs in its own process group, because a
// terminal's Ctrl-C goes to a whole group and the parts must end in order.
type child struct {
	Process
	name string
	log  string
	cmd  *exec.Cmd
	// done is closed when the process has ended. After that err is its exit
	// error.
	done chan struct{}
	err  error
}

// start runs cmd with its output in log. If mortal is set, the kernel kills the
// child when this process dies, however that happens.
func start(name, log string, cmd *exec.Cmd, mortal bool) (*child, error) {
	out, err := openLog(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	if cmd.Stdout == nil {
		cmd.Stdout = out
	}
	cmd.Stderr = out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if mortal {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	}
	c := &child{name: name, log: log, cmd: cmd, done: make(chan struct{})}
	begun := make(chan error)
	go func() {
		defer close(c.done)
		// The kernel sends that signal when the thread that started the child
		// ends, so the thread is kept as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		begun <- err
		if err == nil {
			c.err = cmd.Wait()
		}
	}()
	if err := <-begun; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if c.Process, err = newProcess(cmd.Process.Pid); err != nil {
		// It has ended already; whoever waits on done gets the reason.
		c.Process = Process{PID: cmd.Process.Pid}
	}
	return c, nil
}

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the logs' folder: %w", err)
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return out, nil
}

// died returns an error that says how the process ended, with its last lines of
// output.
func (c *child) died() error {
	how := "exit code 0"
	if c.err != nil {
		how = c.err.Error()
	}
	return fmt.Errorf("%s %w (%s), see %s: %s", c.name, ErrDied, how, c.log, tail(c.log))
}

// stop asks the process to end and kills it after grace.
func (c *child) stop(grace time.Duration) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", c.name, err)
	}
	return c.waitOrKill(grace)
}

func (c *child) waitOrKill(grace time.Duration) error {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-timer.C:
	}
	_ = c.cmd.Process.Kill()
	<-c.done
	return fmt.Errorf("stop %s: it did not end within %s and was killed, see %s", c.name, grace, c.log)
}

// freeze stops the process, and returns when all of its threads have stopped: until
// then one may still answer.
func (c *child) freeze() error {
	if err := c.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, c.PID, nil, unix.WSTOPPED|unix.WNOWAIT, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECHILD): // it has ended
			return nil
		case err != nil:
			return fmt.Errorf("wait for %s to stop: %w", c.name, err)
		default:
			return nil
		}
	}
}

// thaw lets a stopped process go on.
func (c *child) thaw() error { return c.signal(syscall.SIGCONT) }

// until polls ready until it returns true, a child ends, or ctx is done.
func until(ctx context.Context, what string, c *child, ready func() bool) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for !ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, context.Cause(ctx))
		case <-c.done:
			return c.died()
		case <-ticker.C:
		}
	}
	return nil
}

const tailBytes = 2048

func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if size, err := f.Seek(0, io.SeekEnd); err == nil && size > tailBytes {
		_, _ = f.Seek(-tailBytes, io.SeekEnd)
	} else {
		_, _ = f.Seek(0, io.SeekStart)
	}
	text, _ := io.ReadAll(io.LimitReader(f, tailBytes))
	return lastLines(text)
}

// lastLines returns the last five lines.
func lastLines(text []byte) string {
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-5):], []byte("\n")))
}
