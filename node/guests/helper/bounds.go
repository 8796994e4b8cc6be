package helper

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"

	"github.com/dbc-network/dbc/vm"
)

// What the node may make the helper hold in memory, whatever it sends: the unit's
// MemoryMax is 512 MiB.
const (
	// maxMessage is the longest message in bytes: a renter's whole request, of which
	// the API takes 1 MiB, with what it is for.
	maxMessage = 1<<20 + 128<<10
	// maxHeaders bounds what comes before a message, window what is taken from the socket
	// before somebody reads it, of a call and of a connection; in bytes.
	maxHeaders = 4 << 10
	window     = 64 << 10
	// maxCalls bounds the calls of one user's connections, open consoles among them: each
	// may have a message on its way.
	maxCalls = 256
	// maxHeld bounds the messages of calls that run, or wait for their turn, in bytes of
	// memory.
	maxHeld = 16 << 20
	// maxLinks bounds the connections of one user.
	maxLinks = 8
)

// bounds count what the callers of a helper have under way.
type bounds struct {
	held atomic.Int64
	// turned counts calls and connections that were not taken.
	turned atomic.Uint64
	// read are the messages that the codec read and nobody took yet.
	read sync.Map

	mu sync.Mutex
	// links, calls and the handlers that run are by user: root's own are never in the
	// node's way, nor the other way round.
	links, calls, running map[uint32]int
}

// admitCall is before any of a call's message is read.
func (b *bounds) admitCall(ctx context.Context, _ *tap.Info) (context.Context, error) {
	from, _ := peer.FromContext(ctx)
	who, ok := from.AuthInfo.(peerInfo)
	if !ok {
		return nil, status.Error(codes.PermissionDenied, ErrPeer.Error())
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls[who.uid] >= maxCalls {
		b.turned.Add(1)
		return nil, status.Errorf(codes.Unavailable, "user %d has %d calls under way, at most as many are taken", who.uid, maxCalls)
	}
	if b.calls == nil {
		b.calls = map[uint32]int{}
	}
	b.calls[who.uid]++
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.calls[who.uid]--
	})
	return ctx, nil
}

// run counts a handler until it returns: some go on though their caller left.
func (b *bounds) run(ctx context.Context) (end func(), err error) {
	from, _ := peer.FromContext(ctx)
	who, _ := from.AuthInfo.(peerInfo)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running[who.uid] >= maxCalls {
		b.turned.Add(1)
		return nil, fmt.Errorf("%w: %d calls of user %d go on, at most as many are taken", vm.ErrUnavailable, maxCalls, who.uid)
	}
	if b.running == nil {
		b.running = map[uint32]int{}
	}
	b.running[who.uid]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.running[who.uid]--
	}, nil
}

// underWay returns the handlers of all users that run.
func (b *bounds) underWay() (n uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, running := range b.running {
		n += uint32(running) //nolint:gosec // at most maxCalls
	}
	return n
}

// unary holds the message of a call while it runs.
func (b *bounds) unary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	free, err := b.taken(req)
	if err != nil {
		return nil, encode(err)
	}
	defer free()
	end, err := b.run(ctx)
	if err != nil {
		return nil, encode(err)
	}
	defer end()
	return next(ctx, req)
}

// stream holds the message that a stream is at.
func (b *bounds) stream(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	end, err := b.run(stream.Context())
	if err != nil {
		return encode(err)
	}
	defer end()
	held := &heldStream{ServerStream: stream, bounds: b}
	defer held.end()
	return next(srv, held)
}

// link counts a user's connection until it is closed.
func (b *bounds) link(conn net.Conn, uid uint32) (net.Conn, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.links[uid] >= maxLinks {
		b.turned.Add(1)
		return nil, fmt.Errorf("%w: user %d has %d connections, at most as many are taken", ErrPeer, uid, maxLinks)
	}
	if b.links == nil {
		b.links = map[uint32]int{}
	}
	b.links[uid]++
	return &counted{Conn: conn, free: sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.links[uid]--
	})}, nil
}

// counted is a connection that counts as long as it is open.
type counted struct {
	net.Conn
	free func()
}

// Close is net.Conn.
func (c *counted) Close() error {
	c.free()
	return c.Conn.Close()
}
