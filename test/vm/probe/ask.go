package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

var word = []byte("hello")

// askAll sends all requests at once, so that those without an answer cost the
// time of one, and prints in order who echoed.
func askAll(protocol, from string, addresses []string) error {
	heard := make([]error, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() {
			if protocol == "icmp" {
				heard[i] = ping(address, i)
			} else {
				heard[i] = ask(protocol, from, address)
			}
		})
	}
	all.Wait()
	for i, address := range addresses {
		if heard[i] == nil {
			fmt.Println(address)
		}
	}
	return nil
}

// ask resends until the time is over: a datagram may be lost, and the neighbour
// table not be filled yet.
func ask(protocol, from, address string) error {
	end := time.Now().Add(wait)
	d := net.Dialer{Deadline: end}
	if own := net.ParseIP(from); own != nil {
		d.LocalAddr = &net.TCPAddr{IP: own}
		if protocol == "udp" {
			d.LocalAddr = &net.UDPAddr{IP: own}
		}
	}
	conn, err := d.Dial(protocol, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	buf := make([]byte, 64)
	for {
		if _, err := conn.Write(word); err != nil {
			return err
		}
		_ = conn.SetReadDeadline(earlier(end, time.Now().Add(wait/4)))
		n, err := conn.Read(buf)
		switch {
		case err == nil && !bytes.HasPrefix(buf[:n], word):
			return fmt.Errorf("%s answers %q", address, buf[:n])
		case err == nil, protocol != "udp" && !isTimeout(err), !time.Now().Before(end):
			return err
		}
	}
}

func isTimeout(err error) bool {
	t, ok := err.(net.Error) //nolint:errorlint // as conn gave it
	return ok && t.Timeout()
}

// ping needs root, which the file's setuid bit provides.
func ping(address string, id int) error {
	conn, err := icmp.ListenPacket("ip4:icmp", "0.0.0.0")
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	message := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: 0x4400 + id, Seq: 1, Data: word}}
	raw, err := message.Marshal(nil)
	if err != nil {
		return err
	}
	to := &net.IPAddr{IP: net.ParseIP(address)}
	end, buf := time.Now().Add(wait), make([]byte, 1500)
	for time.Now().Before(end) {
		if _, err := conn.WriteTo(raw, to); err != nil {
			return err
		}
		next := earlier(end, time.Now().Add(wait/4))
		_ = conn.SetReadDeadline(next)
		for time.Now().Before(next) {
			n, from, err := conn.ReadFrom(buf)
			if err == nil && sameAddr(from, address) && isEcho(buf[:n], 0x4400+id) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s does not answer", address)
}

func isEcho(raw []byte, id int) bool {
	m, err := icmp.ParseMessage(1, raw)
	if err != nil || m.Type != ipv4.ICMPTypeEchoReply {
		return false
	}
	echo, ok := m.Body.(*icmp.Echo)
	return ok && echo.ID == id
}

func sameAddr(from net.Addr, want string) bool {
	a, err := netip.ParseAddr(from.String())
	return err == nil && a.String() == want
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
