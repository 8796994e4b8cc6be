package testnet

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// process is a validator's daemon while it runs.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

//go:embed swap.sh
var swap []byte

// installUpgrades lays the daemon and its successors out for swap.sh or cosmovisor.
func (v *Validator) installUpgrades() error {
	if v.cosmovisor != "" {
		return v.layOut()
	}
	if len(v.upgrades) == 0 {
		return nil
	}
	binaries := map[string]string{"genesis": v.dbcd}
	for name, file := range v.upgrades {
		binaries[name] = file
	}
	for name, file := range binaries {
		folder := filepath.Join(v.Home, "binaries", name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fmt.Errorf("make folder of daemons: %w", err)
		}
		if err := os.Symlink(file, filepath.Join(folder, "dbcd")); err != nil {
			return fmt.Errorf("lay out daemons: %w", err)
		}
	}
	return os.WriteFile(filepath.Join(v.Home, "swap.sh"), swap, 0o755)
}

// layOut makes the folders of cosmovisor.
func (v *Validator) layOut() error {
	programs := map[string]string{"genesis": v.dbcd}
	for name, file := range v.upgrades {
		programs[filepath.Join("upgrades", name)] = file
	}
	for folder, file := range programs {
		bin := filepath.Join(v.Home, "cosmovisor", folder, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			return fmt.Errorf("make folder of daemons: %w", err)
		}
		if err := os.Symlink(file, filepath.Join(bin, "dbcd")); err != nil {
			return fmt.Errorf("lay out daemons: %w", err)
		}
	}
	return nil
}

// program returns what runs the daemon, with its arguments and environment.
func (v *Validator) program() (file string, args, env []string) {
	switch {
	case v.cosmovisor != "":
		return v.cosmovisor, append([]string{"run", "start"}, v.flags()...), append(os.Environ(),
			"DAEMON_NAME=dbcd", "DAEMON_HOME="+v.Home, "DAEMON_SHUTDOWN_GRACE=20s", "UNSAFE_SKIP_BACKUP=true", "COSMOVISOR_COLOR_LOGS=false")
	case len(v.upgrades) > 0:
		return filepath.Join(v.Home, "swap.sh"), append([]string{v.Home}, v.flags()...), nil
	}
	return v.dbcd, append([]string{"start"}, v.flags()...), nil
}

func (v *Validator) log() string { return v.Home + ".log" }

// Start starts the daemon. It runs in a process group of its own, which ends
// with this process, however that ends.
func (v *Validator) Start(context.Context) error {
	out, err := os.OpenFile(v.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = out.Close() }()
	program, args, env := v.program()
	cmd := exec.Command(program, args...) //nolint:noctx // it outlives the call; Stop, Kill or the kernel end it
	cmd.Stdout, cmd.Stderr, cmd.Env = out, out, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	begun, done := make(chan error), make(chan struct{})
	go func() {
		defer close(done)
		// The kernel's signal comes when the thread that started the child
		// ends, so that thread is held as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		begun <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-begun; err != nil {
		return fmt.Errorf("start validator %d: %w", v.Number, err)
	}
	v.process = process{cmd, done}
	return nil
}

// Kill ends it as a power cut does.
func (v *Validator) Kill() error { return v.signal(syscall.SIGKILL) }

// Pause lets it stand still, with its connections open, until Resume.
func (v *Validator) Pause() error { return v.group(syscall.SIGSTOP) }

// Resume ends a Pause.
func (v *Validator) Resume() error { return v.group(syscall.SIGCONT) }

// Stop ends it in order.
func (v *Validator) Stop() error {
	v.ask()
	return v.end(grace)
}

func (v *Validator) ask() {
	if v.cmd != nil {
		_ = v.group(syscall.SIGTERM)
	}
}

// end waits for it to end, and kills it after a while.
func (v *Validator) end(within time.Duration) error {
	if v.cmd == nil {
		return nil
	}
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-v.done:
		return nil
	case <-timer.C:
		return errors.Join(fmt.Errorf("stop validator %d: it did not end within %s and is killed, see %s", v.Number, within, v.log()), v.Kill())
	}
}

func (v *Validator) signal(signal syscall.Signal) error {
	if err := v.group(signal); err != nil {
		return fmt.Errorf("signal validator %d: %w", v.Number, err)
	}
	<-v.done
	return nil
}

// group signals the daemon and what it started. The number is its own as long as done is open.
func (v *Validator) group(signal syscall.Signal) error {
	select {
	case <-v.done:
		return nil
	default:
	}
	if err := syscall.Kill(-v.cmd.Process.Pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// Ended waits until the daemon ended by itself and returns its exit code.
func (v *Validator) Ended(ctx context.Context) (int, error) {
	select {
	case <-v.done:
		return v.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the end of validator %d: %w", v.Number, context.Cause(ctx))
	}
}
