package p2p

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	libp2ptcp "github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
)

// stranger is a bare peer with its own key, whose connections come from the
// given address.
func stranger(t *testing.T, from string) host.Host {
	t.Helper()
	dialer := func(ma.Multiaddr) (libp2ptcp.ContextDialer, error) {
		return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}, nil
	}
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.Transport(libp2ptcp.NewTCPTransport, libp2ptcp.WithDialerForAddr(dialer), libp2ptcp.DisableReuseport()),
		libp2p.ResourceManager(&network.NullResourceManager{}), libp2p.DisableRelay(), libp2p.DisableMetrics())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func (h *Host) info(t *testing.T) peer.AddrInfo {
	t.Helper()
	info, err := peer.AddrInfoFromString(h.Addrs()[1])
	if err != nil {
		t.Fatal(err)
	}
	return *info
}

// flood opens idle connections from six addresses and reopens those that are
// closed, until ctx is done.
func flood(ctx context.Context, t *testing.T, at peer.AddrInfo, n int) {
	t.Helper()
	var first, all sync.WaitGroup
	first.Add(n)
	t.Cleanup(all.Wait)
	for i := range n {
		h := stranger(t, fmt.Sprintf("127.0.1.%d", 1+i%6))
		all.Go(func() {
			_ = h.Connect(ctx, at)
			first.Done()
			look := time.NewTicker(200 * time.Millisecond)
			defer look.Stop()
			for {
				select {
				case <-look.C:
					if h.Network().Connectedness(at.ID) != network.Connected {
						_ = h.Connect(ctx, at)
					}
				case <-ctx.Done():
					return
				}
			}
		})
	}
	first.Wait()
}

// TestIdleStrangersKeepNobodyOut verifies that despite 250 idle connections
// from six addresses, each of ten new clients is answered, and an authorized
// caller keeps its connection.
func TestIdleStrangersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	mining := open(t, Config{Server: true})
	id := serve(t, mining, echo)
	caller := open(t, Config{Finder: finder{id: mining.Addrs()}})
	if _, _, err := post(t.Context(), t, caller, id, ""); err != nil {
		t.Fatal(err)
	}
	mining.Welcome(caller.ID())
	own := mining.host.Network().ConnsToPeer(caller.host.ID())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	flood(ctx, t, mining.info(t), 250)
	for i := range 10 {
		client := open(t, Config{Finder: finder{id: mining.Addrs()}})
		for range 3 {
			if res, _, err := post(t.Context(), t, client, id, "x"); err != nil || res.StatusCode != http.StatusTeapot {
				t.Errorf("new client %d: %v", i, err)
			}
		}
	}
	for _, n := range own {
		if n.IsClosed() {
			t.Error("the caller lost a connection")
		}
	}
	if res, _, err := post(t.Context(), t, caller, id, "x"); err != nil || res.StatusCode != http.StatusTeapot {
		t.Errorf("the caller: %v", err)
	}
	cancel()
	mining.crowd.closing.Wait()
	if n := len(mining.host.Network().Conns()); n > maxStrangers+16 {
		t.Errorf("%d connections are left", n)
	}
}

// TestStrangersShareTheirExchanges verifies that a stranger with many slow
// exchanges loses them to another stranger, and that those of callers are not
// touched.
func TestStrangersShareTheirExchanges(t *testing.T) {
	t.Parallel()
	mining := open(t, Config{Server: true})
	var held atomic.Int64
	release := make(chan struct{})
	id := serve(t, mining, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 {
			held.Add(1)
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		w.WriteHeader(http.StatusOK)
	})
	caller := open(t, Config{Finder: finder{id: mining.Addrs()}})
	if _, _, err := post(t.Context(), t, caller, id, ""); err != nil {
		t.Fatal(err)
	}
	mining.Welcome(caller.ID())
	var all sync.WaitGroup
	var cut, callers atomic.Int64
	hold := func(h *Host, lost *atomic.Int64) {
		all.Go(func() {
			if _, _, err := post(context.Background(), t, h, id, "held"); err != nil {
				lost.Add(1)
			}
		})
	}
	for range 40 {
		hold(caller, &callers)
	}
	for range 8 {
		greedy := open(t, Config{Finder: finder{id: mining.Addrs()}})
		for range 14 {
			hold(greedy, &cut)
		}
	}
	until(t, func() bool { return held.Load()+cut.Load() >= 40+8*14 })
	modest := open(t, Config{Finder: finder{id: mining.Addrs()}})
	for range 5 {
		if _, _, err := post(t.Context(), t, modest, id, ""); err != nil {
			t.Errorf("a modest stranger: %v", err)
		}
	}
	close(release)
	all.Wait()
	if callers.Load() > 0 || cut.Load() < 8*14-maxExchanges {
		t.Errorf("%d of the caller's exchanges were cut, and %d of the strangers'", callers.Load(), cut.Load())
	}
	emptied(t, mining)
	mining.crowd.mu.Lock()
	defer mining.crowd.mu.Unlock()
	if n := len(mining.crowd.exchanges); n > 0 {
		t.Errorf("%d exchanges are still counted", n)
	}
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	for !done() {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("it does not come to that")
		}
	}
}

// TestCallersAreForgottenOldestFirst verifies that the memory for callers is
// bounded.
func TestCallersAreForgottenOldestFirst(t *testing.T) {
	t.Parallel()
	c := newCrowd(&peerLimits{})
	now := time.Now()
	for i := range maxKnown {
		c.known[peer.ID(fmt.Sprint(i))] = now.Add(time.Duration(i))
	}
	c.welcome("new")
	if len(c.known) != maxKnown || c.isKnown("0") || !c.isKnown("1") || !c.isKnown("new") {
		t.Errorf("%d are known", len(c.known))
	}
	new(Host).Welcome("no peer's id") // not a peer id, so ignored
	if _, err := peer.Decode("no peer's id"); errors.Is(err, nil) {
		t.Error("it is one")
	}
}

// TestAHalfThatEndedEndsTheReading verifies that a peer that closes its half in
// the middle of a body does not keep the reader busy.
func TestAHalfThatEndedEndsTheReading(t *testing.T) {
	t.Parallel()
	mining := open(t, Config{Server: true})
	read := make(chan error, 1)
	id := serve(t, mining, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
	})
	client := open(t, Config{Finder: finder{id: mining.Addrs()}})
	conn, err := client.Dial(t.Context(), id, ProtocolHTTP)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("a stream has no half")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-read:
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it is read on and on")
	}
}
