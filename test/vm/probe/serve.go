package main

import (
	"context"
	"net"
)

// serve echoes what it receives, forever.
func serve(protocol, address string) error {
	if protocol == "udp" {
		return serveUDP(address)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp4", address)
	if err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		buf := make([]byte, 64)
		n, _ := conn.Read(buf)
		_, _ = conn.Write(buf[:n])
		_ = conn.Close()
	}
}

// serveUDP has a socket for each address, so that an answer comes from the
// address that was asked.
func serveUDP(port string) error {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	failed := make(chan error)
	for _, a := range addrs {
		prefix, ok := a.(*net.IPNet)
		if !ok || prefix.IP.To4() == nil {
			continue
		}
		conn, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", prefix.IP.String()+port)
		if err != nil {
			return err
		}
		go func() { failed <- echo(conn) }()
	}
	return <-failed
}

func echo(conn net.PacketConn) error {
	buf := make([]byte, 64)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return err
		}
		_, _ = conn.WriteTo(buf[:n], from)
	}
}
