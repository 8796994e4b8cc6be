package vm_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"
)

// hostServes answers on an address of this computer.
func hostServes(t *testing.T, protocol, address string) {
	t.Helper()
	if protocol == "udp" {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		go func() {
			buf := make([]byte, 64)
			for {
				n, from, err := conn.ReadFrom(buf)
				if err != nil {
					return
				}
				_, _ = conn.WriteTo(buf[:n], from)
			}
		}()
		return
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 64)
			n, _ := conn.Read(buf)
			_, _ = conn.Write(buf[:n])
			_ = conn.Close()
		}
	}()
}

// hostAsks expects an echo, like the probe in guests.
func hostAsks(protocol, address string) error {
	conn, err := net.DialTimeout(protocol, address, 10*time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	buf := make([]byte, 64)
	n, err := conn.Read(buf)
	if err == nil && string(buf[:n]) != "hello" {
		err = fmt.Errorf("%q came back", buf[:n])
	}
	return err
}

func ipCmd(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}

// The internet of this test is a namespace behind a link; its server's address
// is on no network of the host.
const (
	space      = "dbcvmtest"
	internet   = "11.98.0.1"
	hostOuter  = "11.99.0.1"
	nextOuter  = "11.99.0.2"
	hostInner  = "192.168.197.1"
	nextInner  = "192.168.197.2"
	otherInner = "192.168.198.1"
	metadata   = "169.254.169.254"
	loopback   = "127.0.0.1:15998"
)

func makeInternet(t *testing.T) {
	t.Helper()
	ipCmd(t, "netns", "add", space)
	t.Cleanup(func() { ipCmd(t, "netns", "del", space) })
	for _, args := range [][]string{
		{"link", "add", "dbcvmout0", "type", "veth", "peer", "name", "out", "netns", space},
		{"addr", "add", hostOuter + "/30", "dev", "dbcvmout0"},
		{"addr", "add", hostInner + "/24", "dev", "dbcvmout0"},
		{"link", "set", "dbcvmout0", "up"},
		{"route", "add", internet + "/32", "via", nextOuter},
		{"route", "add", otherInner + "/32", "via", nextOuter},
		{"route", "add", metadata + "/32", "via", nextOuter},
		{"-n", space, "link", "set", "lo", "up"},
		{"-n", space, "link", "set", "out", "up"},
		{"-n", space, "addr", "add", nextOuter + "/30", "dev", "out"},
		{"-n", space, "addr", "add", internet + "/32", "dev", "lo"},
		{"-n", space, "addr", "add", otherInner + "/32", "dev", "lo"},
		{"-n", space, "addr", "add", metadata + "/32", "dev", "lo"},
		{"-n", space, "addr", "add", nextInner + "/24", "dev", "out"},
		{"-n", space, "route", "add", "default", "via", hostOuter},
	} {
		ipCmd(t, args...)
	}
}

// serveInternet runs the probe in the namespace.
func serveInternet(t *testing.T, program, protocol string) {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", space, program, "serve", protocol, ":15999")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	eventually(t, "the internet's server", func() bool { return hostAsks(protocol, internet+":15999") == nil })
}
