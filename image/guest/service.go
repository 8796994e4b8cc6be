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
	// sshListening is a listener on port 22 in the format of /proc/net/tcp.
	sshListening = ":0016 00000000:0000 0A"
)

// service is a program that is restarted when it ends. The zero value is no
// service.
type service struct{ argv []string }

// sshServer returns dropbear, without password login unless the seed enables
// it, and never for root.
func sshServer(passwords bool) service {
	argv := []string{"/usr/sbin/dropbear", "-F", "-r", hostKey, "-p", "22", "-w"}
	if !passwords {
		argv = append(argv, "-s")
	}
	return service{argv}
}

// agent returns the QEMU guest agent if the VM has a channel for it.
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

// login accepts logins on the serial console, for a guest whose network has
// failed.
func login() service {
	return service{[]string{"/bin/getty", "-L", "115200", "ttyS0", "vt100"}}
}

// supervisor runs services and, being the first process, reaps every process
// that ends. Only run waits for children, and only after the set-up, which
// waits for its own.
type supervisor struct {
	children map[int]service
	// starting is held while a program is started, and forever once the guest
	// goes down.
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

// run reaps processes forever.
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

// announce reports on the console when SSH listens. A slow computer's boot goes on
// after readyMax, so that there is a login without a network.
func announce(began time.Time) {
	whenSo(sshListens, func() {
		host, _ := os.Hostname()
		logf("ready: %s, %v after the kernel", host, time.Since(began).Round(time.Millisecond))
	}, func() { logf("not ready yet: nothing listens for SSH") })
}

// whenSo calls then as soon as so holds; after readyMax it calls late and returns.
func whenSo(so func() bool, then, late func()) {
	if eventually(readyMax, so) {
		then()
		return
	}
	late()
	go func() {
		for !eventually(readyMax, so) {
		}
		then()
	}()
}

func sshListens() bool {
	tcp, err := os.ReadFile("/proc/net/tcp")
	return err == nil && bytes.Contains(tcp, []byte(sshListening))
}
