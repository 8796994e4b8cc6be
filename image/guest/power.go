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
	// The event of linux/input.h: two 8-byte times, type, code, value.
	eventSize = 24
	keyEvent  = 1
	keyPower  = 116

	// grace is the time that programs get between being asked to end and being
	// killed. A renter's shutdown button should take a second in total.
	grace = 300 * time.Millisecond
	// release is the time that killed programs get to close their files.
	release = 3 * time.Second
)

// watchPower powers the guest off when the ACPI power button is pressed, and
// handles the signals that the shutdown command sends: SIGUSR1 and SIGUSR2
// power off, SIGTERM and SIGINT restart. After it returns no press is lost: the
// button's device queues events once it is open.
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

// goDown ends all programs, makes the root file system clean and does not
// return. No program is started meanwhile.
func (s *supervisor) goDown(command int) {
	s.starting.Lock()
	logf("going down")
	_ = unix.Kill(-1, unix.SIGTERM)
	eventually(grace, func() bool { return !alive() })
	_ = unix.Kill(-1, unix.SIGKILL)
	unix.Sync()
	// A root that is read-only again needs no recovery at its next start;
	// otherwise the journal recovers it. Killed programs may still have files
	// open.
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

// alive reports whether any user process is left besides this one.
func alive() bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, path := range stats {
		if _, err := os.Readlink(path); err == nil && path != "/proc/1/exe" {
			return true
		}
	}
	return false
}

// askInit implements the shutdown command by signalling the first process. It
// ignores the real command's times and messages, because the agent asks for
// "now".
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
