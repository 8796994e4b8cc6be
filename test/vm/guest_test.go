package vm_test

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/vm"
)

const tiny = "../../build/images/tiny.qcow2"

// TestGuest boots the tiny image with a seed and connects to its SSH server
// through a published port, which covers bridge, filters, the address from the
// seed, and the way back. It needs `make tiny`.
func TestGuest(t *testing.T) {
	d, _ := startDaemon(t)
	n := openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	spec := define(t, driver, dir, plain(t, dir), "guest", netip.MustParseAddr("10.97.0.21"), renter(t))
	const port = 15222
	publish(t, n, spec, port)
	eventually(t, "the guest's SSH server", func() bool { return greets(port) })

	// The tiny guest obeys its power button.
	if err := driver.Shutdown(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the guest to power off", func() bool {
		got, err := driver.Get(t.Context(), spec.UUID)
		return err == nil && got.State == vm.StateOff && got.Reason == vm.ReasonGuest
	})
}

func greets(port int) bool {
	c, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "SSH-2.0-")
}
