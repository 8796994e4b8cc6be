package devnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Ports of a devnet, all on loopback.
type ports struct {
	RPC, P2P, GRPC, REST, NodeP2P, Node, ClientP2P, Client uint16
	// First and Last bound the guests' published ports.
	First, Last uint16
}

const (
	maxDevnets = 8
	// The guests' range is divided into equal parts; the guide's examples are
	// in the first.
	firstGuestPort = 5200
	guestPorts     = 3446
)

// portsOf returns the ports of the n-th devnet on a computer. Those of the
// first are the defaults.
func portsOf(n uint16) ports {
	step := n * 10
	return ports{
		RPC: 26657 + step, P2P: 26656 + step, GRPC: 9090 + step, REST: 1317 + step,
		NodeP2P: 5011 + step*10, Node: 5060 + step*10, ClientP2P: 5001 + step*10, Client: 5050 + step*10,
		First: firstGuestPort + n*guestPorts, Last: firstGuestPort + (n+1)*guestPorts - 1,
	}
}

// freePorts returns the first set of ports on which nobody listens and that no
// other devnet has claimed. They are reserved until release.
func freePorts(ctx context.Context) (p ports, release func() error, err error) {
	for n := range uint16(maxDevnets) {
		// An abstract socket has the same scope as ports, the network
		// namespace, and the kernel releases it with the process.
		claim, err := new(net.ListenConfig).Listen(ctx, "unix", "@dbc-devnet-"+strconv.Itoa(int(n)))
		if err != nil {
			continue
		}
		if p := portsOf(n); p.free(ctx) {
			return p, claim.Close, nil
		}
		if err := claim.Close(); err != nil {
			return ports{}, nil, fmt.Errorf("give back the ports of devnet %d: %w", n, err)
		}
	}
	return ports{}, nil, errors.New("the ports of all eight devnets of a computer are taken")
}

// The ports of fake devnets: blocks of fakeBlock below those that the kernel assigns, each
// with the services' first and then the guests'.
const (
	fakeFirst  = 10000
	fakeBlock  = 200
	fakeBlocks = 80
)

// freeBlock returns a block that no other fake devnet has claimed, as freePorts does.
func freeBlock(ctx context.Context) (p ports, release func() error, err error) {
	for n := range uint16(fakeBlocks) {
		claim, err := new(net.ListenConfig).Listen(ctx, "unix", "@dbc-devnet-fake-"+strconv.Itoa(int(n)))
		if err != nil {
			continue
		}
		at := fakeFirst + n*fakeBlock
		p := ports{
			RPC: at, P2P: at + 1, GRPC: at + 2, REST: at + 3, NodeP2P: at + 4, Node: at + 5, ClientP2P: at + 6, Client: at + 7,
			First: at + 10, Last: at + fakeBlock - 1,
		}
		if p.free(ctx) {
			return p, claim.Close, nil
		}
		if err := claim.Close(); err != nil {
			return ports{}, nil, fmt.Errorf("give back the ports of fake devnet %d: %w", n, err)
		}
	}
	return ports{}, nil, fmt.Errorf("no free ports between %d and %d for a fake devnet", fakeFirst, fakeFirst+fakeBlocks*fakeBlock-1)
}

func (p ports) all() []uint16 {
	return []uint16{p.RPC, p.P2P, p.GRPC, p.REST, p.NodeP2P, p.Node, p.ClientP2P, p.Client}
}

func (p ports) free(ctx context.Context) bool {
	for _, port := range p.all() {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", local(port))
		if err != nil {
			return false
		}
		_ = listener.Close()
	}
	return true
}

func local(port uint16) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))
}
