package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// flood sends packets to an address forever, from a new port after each count.
func flood(protocol, address, count string) error {
	packets, err := strconv.Atoi(count)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	for {
		conn, err := new(net.Dialer).DialContext(context.Background(), protocol, address)
		if err != nil {
			continue // out of ports for a moment
		}
		for range packets {
			if _, err := conn.Write([]byte("flood")); err != nil {
				break
			}
		}
		_ = conn.Close()
	}
}
