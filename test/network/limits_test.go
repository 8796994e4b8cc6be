package network_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/guests/network"
)

// tight are limits that a test can reach.
var tight = network.Limits{Connections: 50, Packets: 1000, Bytes: 1 << 20}

// tracked returns how many connections of a guest the kernel tracks.
func (w *world) tracked(t *testing.T, guest netip.Addr) (count int) {
	t.Helper()
	w.host.must(t, func() error {
		flows, err := netlink.ConntrackTableList(netlink.ConntrackTable, unix.AF_INET)
		for _, f := range flows {
			if from, _ := netip.AddrFromSlice(f.Forward.SrcIP.To4()); from == guest {
				count++
			}
			if to, _ := netip.AddrFromSlice(f.Reverse.SrcIP.To4()); to == guest {
				count++
			}
		}
		return err
	})
	return count
}

// begin makes a guest open the given number of connections, each from its own
// port.
func begin(t *testing.T, s *space, to string, count int) {
	t.Helper()
	s.must(t, func() error {
		for range count {
			c, err := net.Dial("udp4", to)
			if err != nil {
				return err
			}
			_, _ = c.Write([]byte("?"))
			if err := c.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestConnectionsOfAGuest verifies that a guest has at most its number of
// connections, whoever opens them, also after the rules were rebuilt, and that
// its neighbour has its own.
func TestConnectionsOfAGuest(t *testing.T) {
	w := newWorldWithin(t, "0.0.0.0", network.Limits{Connections: 50})
	serve(t, w.outside, 53)
	serve(t, w.guest1, 53)
	n := w.open(t, "0.0.0.0")
	for round := range 3 {
		begin(t, w.guest1, "9.9.9.9:53", 500)
		begin(t, w.outside, "11.0.0.1:5353", 200) // published, of the same guest
		if got := w.tracked(t, guests[0].Addr); got > 50 || got < 40 {
			t.Errorf("round %d: the host tracks %d connections of a guest, want 50", round, got)
		}
		passes(t, "the neighbour", w.guest2, "tcp", "9.9.9.9:53", "11.0.0.1")
		w.host.must(t, func() error { return n.Apply(context.Background(), guests) })
	}
	// A guest with more CPUs may have more; its neighbour's count is not reset.
	more := append([]network.Binding{}, guests...)
	more[1].CPUs = 2
	w.host.must(t, func() error { return n.Apply(context.Background(), more) })
	begin(t, w.guest1, "9.9.9.9:53", 100)
	begin(t, w.guest2, "9.9.9.9:53", 300)
	if one, two := w.tracked(t, guests[0].Addr), w.tracked(t, guests[1].Addr); one > 50 || two > 110 || two < 90 {
		// Earlier connections do not count towards its new limit.
		t.Errorf("the host tracks %d and %d connections, want 50 and about 100", one, two)
	}
	w.host.must(t, func() error { return n.Apply(context.Background(), guests[1:]) })
	w.host.must(t, func() error { return n.Remove(context.Background()) })
}

// sink counts what arrives at a port until the test ends.
func sink(t *testing.T, s *space, addr string) (packets, bytes *atomic.Int64) {
	t.Helper()
	packets, bytes = new(atomic.Int64), new(atomic.Int64)
	var c net.PacketConn
	s.must(t, func() (err error) {
		c, err = net.ListenPacket("udp4", addr)
		if err == nil {
			err = errors.Join(c.(*net.UDPConn).SetReadBuffer(8 << 20))
		}
		return err
	})
	done := make(chan struct{})
	t.Cleanup(func() { _ = c.Close(); <-done })
	go func() {
		defer close(done)
		for buf := make([]byte, 64<<10); ; {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			packets.Add(1)
			bytes.Add(int64(n))
		}
	}()
	return packets, bytes
}

// flood sends as fast as possible for a while, and returns how much it sent.
func flood(t *testing.T, s *space, to string, size int, until time.Time) (sent int) {
	t.Helper()
	s.must(t, func() error {
		c, err := net.Dial("udp4", to)
		if err != nil {
			return err
		}
		defer c.Close()
		for data := make([]byte, size); time.Now().Before(until); {
			for range 64 {
				if _, err := c.Write(data); err == nil {
					sent++
				}
			}
		}
		return nil
	})
	return sent
}

// TestRatesOfAGuest verifies that packets and bytes beyond a guest's rate are
// dropped at its port, in each direction, while its neighbour's pass.
func TestRatesOfAGuest(t *testing.T) {
	w := newWorldWithin(t, "0.0.0.0", tight)
	serve(t, w.outside, 53)
	out, outBytes := sink(t, w.outside, "9.9.9.9:9000")
	in, inBytes := sink(t, w.guest1, guests[0].Addr.String()+":53")
	for _, c := range []struct {
		name    string
		from    *space
		to      string
		size    int
		packets *atomic.Int64
		bytes   *atomic.Int64
	}{
		{"small packets of a guest", w.guest1, "9.9.9.9:9000", 10, out, outBytes},
		{"large packets of a guest", w.guest1, "9.9.9.9:9000", 1400, out, outBytes},
		{"small packets to a guest", w.outside, "11.0.0.1:5353", 10, in, inBytes},
		{"large packets to a guest", w.outside, "11.0.0.1:5353", 1400, in, inBytes},
	} {
		packets, bytes, began := c.packets.Load(), c.bytes.Load(), time.Now()
		sent := flood(t, c.from, c.to, c.size, began.Add(2*time.Second))
		passes(t, c.name+": the neighbour", w.guest2, "tcp", "9.9.9.9:53", "11.0.0.1")
		took := time.Since(began).Seconds()
		packets, bytes = c.packets.Load()-packets, c.bytes.Load()-bytes
		// The rate for the elapsed time, plus one burst.
		mostPackets, mostBytes := float64(tight.Packets)*(took+0.3), float64(tight.Bytes)*(took+1.1)
		t.Logf("%s: sent %d, %d packets and %d bytes came in %.1f s", c.name, sent, packets, bytes, took)
		if float64(packets) > mostPackets || float64(bytes) > mostBytes {
			t.Errorf("%s: %d packets and %d bytes passed, want at most %.0f and %.0f", c.name, packets, bytes, mostPackets, mostBytes)
		}
		if packets < 100 || sent < 3*int(packets) {
			t.Errorf("%s: sent %d, %d passed: that was no flood", c.name, sent, packets)
		}
	}
}
