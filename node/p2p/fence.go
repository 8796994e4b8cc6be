package p2p

import (
	"net/http"
	"sync"

	"golang.org/x/time/rate"
)

const (
	// A refused signature or a wallet without a rental costs the machine a
	// verification or a query to its chain; so many a peer may cause at once,
	// and so many a second after that.
	refusedBurst  = 120
	refusedSecond = 2
	// maxPeers bounds the memory of the fence.
	maxPeers = 4096
)

// fence stops a peer that keeps sending what is refused for want of authority,
// before its requests cost anything.
type fence struct {
	next http.Handler

	mu    sync.Mutex
	peers map[string]*rate.Limiter
}

func newFence(next http.Handler) *fence { return &fence{next: next, peers: map[string]*rate.Limiter{}} }

// ServeHTTP: RemoteAddr is the peer's id, which its key proves.
func (f *fence) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limit := f.limiter(r.RemoteAddr)
	if limit.Tokens() < 1 {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"errcode":-3,"code":"TOO_MANY_REFUSALS",` +
			`"message":"too many requests of this client node were refused; wait a second, or use another client node"}`))
		return
	}
	seen := &statusWriter{ResponseWriter: w}
	f.next.ServeHTTP(seen, r)
	if seen.status == http.StatusUnauthorized || seen.status == http.StatusForbidden {
		limit.Allow()
	}
}

func (f *fence) limiter(peer string) *rate.Limiter {
	f.mu.Lock()
	defer f.mu.Unlock()
	l, known := f.peers[peer]
	if !known {
		if len(f.peers) >= maxPeers {
			f.forget()
		}
		l = rate.NewLimiter(refusedSecond, refusedBurst)
		f.peers[peer] = l
	}
	return l
}

// forget drops peers that are not in debt, and where all are, any one.
func (f *fence) forget() {
	for id, l := range f.peers {
		if l.Tokens() >= refusedBurst {
			delete(f.peers, id)
		}
	}
	for id := range f.peers {
		if len(f.peers) < maxPeers {
			return
		}
		delete(f.peers, id)
	}
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers and passes on.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController hijack for WebSockets.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
