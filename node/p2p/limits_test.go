package p2p

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// exchanges returns the number of open exchange streams of a host.
func (h *Host) exchanges() int {
	n := 0
	for _, c := range h.host.Network().Conns() {
		for _, s := range c.GetStreams() {
			if s.Protocol() == ProtocolHTTP || s.Protocol() == ProtocolTCP {
				n++
			}
		}
	}
	return n
}

// emptied waits until no exchange is open.
func emptied(t *testing.T, h *Host) {
	t.Helper()
	for h.exchanges() > 0 {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("%d streams stay open", h.exchanges())
		}
	}
}

// TestAPeerHasSoManyStreams verifies that one peer's exchanges beyond its limit
// are refused, that another's are not, and that everything is released.
func TestAPeerHasSoManyStreams(t *testing.T) {
	t.Parallel()
	mining := open(t, Config{Server: true})
	var held atomic.Int64
	release := make(chan struct{})
	id := serve(t, mining, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 {
			held.Add(1)
			<-release
		}
		w.WriteHeader(http.StatusOK)
	})
	greedy := open(t, Config{Finder: finder{id: mining.Addrs()}})
	if _, _, err := post(t.Context(), t, greedy, id, ""); err != nil { // connects
		t.Fatal(err)
	}
	mining.Welcome(greedy.ID())
	const beyond = 64
	var refused atomic.Int64
	var all sync.WaitGroup
	for range peerStreamsIn + beyond {
		all.Go(func() {
			if _, _, err := post(context.Background(), t, greedy, id, "held"); err != nil {
				refused.Add(1)
			}
		})
	}
	for held.Load()+refused.Load() < peerStreamsIn+beyond {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("%d are held, %d refused", held.Load(), refused.Load())
		}
	}
	// The library's own streams count too.
	if n := held.Load(); n > peerStreamsIn || n < peerStreamsIn/2 {
		t.Errorf("%d exchanges of one peer are held, at most %d may be", n, peerStreamsIn)
	}
	other := open(t, Config{Finder: finder{id: mining.Addrs()}})
	if res, _, err := post(t.Context(), t, other, id, ""); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("another peer: %v", err)
	}
	close(release)
	all.Wait()
	emptied(t, mining)
	if _, _, err := post(t.Context(), t, greedy, id, "held"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestManyPeersLeaveNothing lets some peers end properly and others vanish in
// the middle of an exchange; no stream stays, and goleak finds no goroutine.
func TestManyPeersLeaveNothing(t *testing.T) {
	t.Parallel()
	const peers = 24
	mining := open(t, Config{Server: true})
	begun := make([]chan struct{}, peers)
	for i := range begun {
		begun[i] = make(chan struct{})
	}
	id := serve(t, mining, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 0 {
			body, _ := io.ReadAll(r.Body)
			i, err := strconv.Atoi(string(body))
			if err != nil {
				t.Error(err)
				return
			}
			close(begun[i])
			<-r.Context().Done() // the exchange ends with the peer
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	var all sync.WaitGroup
	for i := range peers {
		all.Go(func() {
			client := open(t, Config{Finder: finder{id: mining.Addrs()}})
			for range 3 {
				if _, _, err := post(t.Context(), t, client, id, ""); err != nil {
					t.Errorf("peer %d: %v", i, err)
				}
			}
			if i%2 == 0 {
				return
			}
			ended := make(chan error, 1)
			go func() {
				_, _, err := post(context.Background(), t, client, id, strconv.Itoa(i))
				ended <- err
			}()
			<-begun[i]
			for _, c := range client.host.Network().Conns() {
				_ = c.Close()
			}
			if err := <-ended; err == nil {
				t.Errorf("peer %d: an answer through a closed connection", i)
			}
		})
	}
	all.Wait()
	emptied(t, mining)
}

// TestASilentStreamIsClosed verifies that a peer that opens a stream and sends
// nothing loses it by the server's limit for a request's head.
func TestASilentStreamIsClosed(t *testing.T) {
	t.Parallel()
	mining := open(t, Config{Server: true})
	s, err := mining.NewServer(&http.Server{ReadHeaderTimeout: 50 * time.Millisecond}, http.NotFoundHandler(), mining.cfg.Log)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve() }()
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	id := mining.cfg.Key.MachineID()
	client := open(t, Config{Finder: finder{id: mining.Addrs()}})
	for range 16 {
		conn, err := client.Dial(t.Context(), id, ProtocolHTTP)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("GET / HT")); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if said, err := io.ReadAll(conn); err == nil && strings.Contains(string(said), " 200 ") {
			t.Errorf("half a request is answered: %s", said)
		}
	}
	emptied(t, mining)
}
