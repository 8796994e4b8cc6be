//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	restartDelay = time.Second
	readyMax     = 5 * time.Second
	agentPort    = "org.qemu.guest_agent.0"
	// sshListening is how /proc/net/tcp spells a listener on port 22.
	sshListening = ":0016 00000000:0000 0A"
)

// service is a program that is started again when it ends. The zero value is
// none.
type service struct{ argv []string }

// sshServer is dropbear; without passwords unless the seed wants them, and
// never for root.
func sshServer(passwords bool) service {
	argv := []string{"/usr/sbin/dropbear", "-F", "-r", hostKey, "-p", "22", "-w"}
	if !passwords {
		argv = append(argv, "-s")
	}
	return service{argv}
}

// agent is the QEMU guest agent, where the host gave the guest its channel.
func agent() service {
	names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, path := range names {
		if name, _ := os.ReadFile(path); strings.TrimSpace(string(name)) == agentPort {
			port := "/dev/" + filepath.Base(filepath.Dir(path))
			return service{[]string{"/usr/sbin/qemu-ga", "-m", "virtio-serial", "-p", port, "-t", "/run", "-f", "/run/qemu-ga.pid"}}
		}
	}
	return service{}
}

// login takes logins on the serial console, for a guest whose network is gone.
func login() service {
	return service{[]string{"/bin/getty", "-L", "115200", "ttyS0", "vt100"}}
}

// supervisor runs services and reaps every process that ends: it is the first.
// Only run waits for children, after the set-up, which waits for its own.
type supervisor struct {
	children map[int]service
	// starting is held while a program is started, and for ever once the guest goes
	// down.
	starting sync.Mutex
}

func (s *supervisor) add(v service) {
	if len(v.argv) == 0 {
		return
	}
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		logf("start %s: %v", v.argv[0], err)
		return
	}
	defer func() { _ = null.Close() }()
	s.starting.Lock()
	defer s.starting.Unlock()
	p, err := os.StartProcess(v.argv[0], v.argv, &os.ProcAttr{
		Dir: "/", Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"},
		Files: []*os.File{null, null, null},
		Sys:   &unix.SysProcAttr{Setsid: true},
	})
	if err != nil {
		logf("start %s: %v", v.argv[0], err)
		return
	}
	s.children[p.Pid] = v
	_ = p.Release()
}

// run reaps for ever.
func (s *supervisor) run() error {
	for {
		pid, err := unix.Wait4(-1, nil, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECHILD):
			<-time.After(restartDelay)
		case err != nil:
			return fmt.Errorf("wait for processes: %w", err)
		}
		if v, ok := s.children[pid]; ok {
			delete(s.children, pid)
			logf("%s ended", filepath.Base(v.argv[0]))
			<-time.After(restartDelay)
			s.add(v)
		}
	}
}

// announce waits until SSH listens and says so on the console.
func (s *supervisor) announce(began time.Time) {
	listening := eventually(readyMax, func() bool {
		tcp, err := os.ReadFile("/proc/net/tcp")
		return err == nil && bytes.Contains(tcp, []byte(sshListening))
	})
	if !listening {
		logf("not ready: nothing listens for SSH")
		return
	}
	host, _ := os.Hostname()
	logf("ready: %s, %v after the kernel", host, time.Since(began).Round(time.Millisecond))
}
