package budget

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Conns limits the connections of an http.Server. Beyond the maximum an idle
// one of the address with the most connections is closed, or else its oldest.
type Conns struct {
	most int

	mu   sync.Mutex
	open map[net.Conn]*state
}

type state struct {
	address string
	since   time.Time
	idle    bool
}

// NewConns limits the number of connections to most.
func NewConns(most int) *Conns { return &Conns{most: most, open: map[net.Conn]*state{}} }

// Track is for http.Server.ConnState.
func (c *Conns) Track(conn net.Conn, now http.ConnState) {
	var victim net.Conn
	c.mu.Lock()
	switch now {
	case http.StateNew:
		c.open[conn] = &state{address: Source(conn.RemoteAddr().String()), since: time.Now(), idle: true}
		if len(c.open) > c.most {
			victim = c.worst(conn)
			delete(c.open, victim)
		}
	case http.StateActive, http.StateIdle:
		if s := c.open[conn]; s != nil {
			s.idle, s.since = now == http.StateIdle, time.Now()
		}
	case http.StateHijacked, http.StateClosed:
		delete(c.open, conn)
	}
	c.mu.Unlock()
	if victim != nil {
		_ = victim.Close()
	}
}

// worst returns the connection to close, which is not the newest one. It must
// be called with mu held.
func (c *Conns) worst(came net.Conn) (found net.Conn) {
	counts := map[string]int{}
	for _, s := range c.open {
		counts[s.address]++
	}
	for conn, s := range c.open {
		if conn != came && (found == nil || rather(s, c.open[found], counts)) {
			found = conn
		}
	}
	return found
}

func rather(a, b *state, counts map[string]int) bool {
	if x, y := counts[a.address], counts[b.address]; x != y {
		return x > y
	}
	if a.idle != b.idle {
		return a.idle
	}
	return a.since.Before(b.since)
}
