package p2p

import (
	"io"
	"net"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/peer"
)

// exchange is a stranger's open exchange.
type exchange struct {
	net.Conn
	crowd *crowd
	peer  peer.ID
	once  sync.Once
}

// listener counts the exchanges of strangers.
func (c *crowd) listener(l net.Listener) net.Listener { return crowded{l, c} }

type crowded struct {
	net.Listener
	crowd *crowd
}

// Accept counts what it returns.
func (l crowded) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn = &ending{Conn: conn}
	id, err := peer.Decode(conn.RemoteAddr().String())
	if err != nil || l.crowd.isKnown(id) {
		return conn, nil //nolint:nilerr // no stranger's
	}
	return l.crowd.begin(conn, id), nil
}

func (c *crowd) begin(conn net.Conn, id peer.ID) net.Conn {
	e := &exchange{Conn: conn, crowd: c, peer: id}
	c.mu.Lock()
	c.exchanges = append(c.exchanges, e)
	var cut *exchange
	if len(c.exchanges) > maxExchanges {
		cut = c.longest()
	}
	c.mu.Unlock()
	if cut != nil {
		c.closed.Add(1)
		cut.abort()
	}
	return e
}

// longest returns the oldest exchange of the peer that has the most, or the new
// one if it belongs to that peer: a peer with too many gains nothing by opening
// another. It must be called with mu held.
func (c *crowd) longest() *exchange {
	counts := map[peer.ID]int{}
	for _, e := range c.exchanges {
		counts[e.peer]++
	}
	came := c.exchanges[len(c.exchanges)-1]
	found := came
	for _, e := range c.exchanges {
		if counts[e.peer] > counts[found.peer] || found == came && counts[e.peer] == counts[came.peer] && counts[came.peer] == 1 {
			found = e
		}
	}
	return found
}

func (e *exchange) end() {
	e.once.Do(func() {
		e.crowd.mu.Lock()
		defer e.crowd.mu.Unlock()
		e.crowd.exchanges = slices.DeleteFunc(e.crowd.exchanges, func(o *exchange) bool { return o == e })
	})
}

// abort ends the exchange for both sides.
func (e *exchange) abort() {
	e.end()
	if s, ok := e.Conn.(interface{ Reset() error }); ok {
		_ = s.Reset()
	}
}

// Close ends the exchange.
func (e *exchange) Close() error {
	e.end()
	return e.Conn.Close()
}

// maxEmpty is how often the end of a stream may be read.
const maxEmpty = 64

// ending is a stream whose end is not an error, because a peer may close its
// half before it is answered. A reader that keeps reading and would never stop
// gets an error.
type ending struct {
	net.Conn
	empty int
}

// Read returns io.ErrUnexpectedEOF if the end was read too often.
func (c *ending) Read(p []byte) (n int, err error) {
	n, err = c.Conn.Read(p)
	if n > 0 || err != nil || len(p) == 0 {
		c.empty = 0
		return n, err
	}
	if c.empty++; c.empty > maxEmpty {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, nil
}

// Reset ends the stream for both sides.
func (c *ending) Reset() error {
	if s, ok := c.Conn.(interface{ Reset() error }); ok {
		return s.Reset()
	}
	return c.Close()
}
