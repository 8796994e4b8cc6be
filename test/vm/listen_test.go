package vm_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listener receives every frame that reaches a link of this computer.
type listener struct{ fd int }

func listen(t *testing.T, link string) listener {
	t.Helper()
	dev, err := net.InterfaceByName(link)
	if err != nil {
		t.Fatal(err)
	}
	const all = unix.ETH_P_ALL>>8 | unix.ETH_P_ALL<<8&0xff00 // in network byte order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, all)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: dev.Index}); err != nil {
		t.Fatal(err)
	}
	timeout := unix.NsecToTimeval(int64(30 * time.Second))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		t.Fatal(err)
	}
	return listener{fd}
}

// until reads up to the control frame, which has to arrive, and returns false
// if the other frame came before it.
func (l listener) until(t *testing.T, control, other []byte) bool {
	t.Helper()
	buf, clean := make([]byte, 2048), true
	for {
		n, _, err := unix.Recvfrom(l.fd, buf, 0)
		if err != nil {
			t.Fatalf("control: an honest frame never came: %v", err)
		}
		switch {
		case n >= 42 && bytes.Equal(buf[:42], control[:42]):
			return clean
		case n >= 20 && bytes.Equal(buf[:min(n, 42)], other[:min(n, 42)]):
			clean = false
		}
	}
}
