package main

import (
	"encoding/hex"
	"fmt"
	"net"
	"syscall"
)

// frame sends one Ethernet frame unmodified.
func frame(card, text string) error {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	link, err := net.InterfaceByName(card)
	if err != nil {
		return err
	}
	// The file is setuid: the effective user may open raw sockets.
	fd, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, 0)
	if err != nil {
		return fmt.Errorf("open a raw socket: %w", err)
	}
	defer func() { _ = syscall.Close(fd) }()
	return syscall.Sendto(fd, raw, 0, &syscall.SockaddrLinklayer{Ifindex: link.Index})
}
