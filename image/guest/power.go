//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// The event of linux/input.h: two times of 8 bytes, type, code, value.
	eventSize = 24
	keyEvent  = 1
	keyPower  = 116

	// grace is what programs get between being asked and being killed. A second
	// in all is what a renter's shutdown button should take.
	grace = 300 * time.Millisecond
	// release is what killed programs get to let go of their files.
	release = 3 * time.Second
)

// watchPower turns the guest off at the ACPI power button, and does what the
// shutdown command asks by signals: SIGUSR1 and SIGUSR2 power off, SIGTERM and
// SIGINT start again. From its return on no press is lost: a button keeps what
// it was told since it was opened.
func (s *supervisor) watchPower() {
	buttons, _ := filepath.Glob("/dev/input/event*")
	for _, path := range buttons {
		f, err := os.Open(path)
		if err != nil {
			logf("power button: %v", err)
			continue
		}
		go s.watchButton(f)
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGUSR1, unix.SIGUSR2, unix.SIGTERM, unix.SIGINT)
	go func() {
		if sig := <-asked; sig == unix.SIGTERM || sig == unix.SIGINT {
			s.goDown(unix.LINUX_REBOOT_CMD_RESTART)
		}
		s.goDown(unix.LINUX_REBOOT_CMD_POWER_OFF)
	}()
}

func (s *supervisor) watchButton(f *os.File) {
	defer func() { _ = f.Close() }()
	buf := make([]byte, 64*eventSize)
	for {
		n, err := f.Read(buf)
		if err != nil {
			return
		}
		for event := range slices.Chunk(buf[:n-n%eventSize], eventSize) {
			kind, code := binary.LittleEndian.Uint16(event[16:]), binary.LittleEndian.Uint16(event[18:])
			if kind == keyEvent && code == keyPower && binary.LittleEndian.Uint32(event[20:]) == 1 {
				s.goDown(unix.LINUX_REBOOT_CMD_POWER_OFF)
			}
		}
	}
}

// goDown ends all programs, makes the root clean and does not return. No program
// is started meanwhile.
func (s *supervisor) goDown(command int) {
	s.starting.Lock()
	logf("going down")
	_ = unix.Kill(-1, unix.SIGTERM)
	eventually(grace, func() bool { return !alive() })
	_ = unix.Kill(-1, unix.SIGKILL)
	unix.Sync()
	// A root that is read-only again needs no recovery at its next start; where
	// it can't be, the journal does that. What was killed may still hold files.
	var err error
	readOnly := eventually(release, func() bool {
		err = unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_RDONLY, "")
		return err == nil
	})
	if !readOnly {
		logf("root stays writable: %v", err)
	}
	unix.Sync()
	err = unix.Reboot(command)
	logf("power: %v", err)
	select {}
}

// alive: some process with a program of its own is left, besides this one.
func alive() bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, path := range stats {
		if _, err := os.Readlink(path); err == nil && path != "/proc/1/exe" {
			return true
		}
	}
	return false
}

// askInit is the shutdown command: it tells the first process. Times and
// messages of the real one are ignored, the agent asks for "now".
func askInit(name string, args []string) error {
	sig := unix.SIGUSR2
	if name == "reboot" || (name == "shutdown" && slices.Contains(args, "-r")) {
		sig = unix.SIGTERM
	}
	if err := unix.Kill(1, sig); err != nil {
		return fmt.Errorf("tell init: %w", err)
	}
	return nil
}
