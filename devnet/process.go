package devnet

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// supervisor is the process that started the others.
const supervisor = "supervisor"

// Process identifies a process so that it cannot be confused with a later one
// with the same pid.
type Process struct {
	PID int `json:"pid"`
	// Started is the start time in clock ticks since boot, from /proc.
	Started uint64 `json:"started"`
}

// newProcess identifies a running process.
func newProcess(pid int) (Process, error) {
	started, err := startTime(pid)
	return Process{PID: pid, Started: started}, err
}

// Alive reports whether the process is running and not a zombie.
func (p Process) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	started, err := startTime(p.PID)
	return err == nil && started == p.Started
}

// signal does nothing if the process has ended.
func (p Process) signal(sig syscall.Signal) error {
	if !p.Alive() {
		return nil
	}
	if err := syscall.Kill(p.PID, sig); err != nil && err != syscall.ESRCH {
		return fmt.Errorf("signal process %d: %w", p.PID, err)
	}
	return nil
}

// wait returns when the process has ended. It polls, because the process is not
// our child.
func (p Process) wait(ctx context.Context) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for p.Alive() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for process %d to end: %w", p.PID, context.Cause(ctx))
		case <-ticker.C:
		}
	}
	return nil
}

// startTime returns field 22 of /proc/PID/stat. The name in field 2 may contain
// anything, so fields are counted from its closing bracket.
func startTime(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("look at process %d: %w", pid, err)
	}
	_, rest, ok := bytes.Cut(text, []byte(") "))
	for {
		_, later, more := bytes.Cut(rest, []byte(") "))
		if !more {
			break
		}
		rest = later
	}
	fields := bytes.Fields(rest)
	if !ok || len(fields) < 20 {
		return 0, fmt.Errorf("look at process %d: unknown format", pid)
	}
	if state := fields[0][0]; state == 'Z' || state == 'X' {
		return 0, fmt.Errorf("look at process %d: %w", pid, os.ErrProcessDone)
	}
	return strconv.ParseUint(string(fields[19]), 10, 64)
}
