package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/gostream"
)

const (
	// answerLimit is how long a machine may take to send the head of an answer.
	// Its own limit for a call is shorter.
	answerLimit = 45 * time.Second
	maxHead     = 32 << 10
)

// Server answers peers' HTTP exchanges. It is closed like an http.Server.
type Server struct {
	http      *http.Server
	listeners []net.Listener
}

// NewServer returns a server that answers with handler and keeps the limits of
// base, which are meant for hostile callers.
func (h *Host) NewServer(base *http.Server, handler http.Handler, log *slog.Logger) (*Server, error) {
	var listeners []net.Listener
	for _, speak := range []protocol.ID{ProtocolHTTP, ProtocolTCP} {
		listener, err := gostream.Listen(h.host, speak, gostream.IgnoreEOF())
		if err != nil {
			return nil, fmt.Errorf("listen for exchanges: %w", err)
		}
		listeners = append(listeners, h.crowd.listener(listener))
	}
	return &Server{listeners: listeners, http: &http.Server{
		Handler:           asLocal(handler),
		ReadHeaderTimeout: base.ReadHeaderTimeout, ReadTimeout: base.ReadTimeout, WriteTimeout: base.WriteTimeout,
		IdleTimeout: base.IdleTimeout, MaxHeaderBytes: base.MaxHeaderBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// Serve answers until Shutdown.
func (s *Server) Serve() error {
	ended := make(chan error, len(s.listeners))
	for _, listener := range s.listeners {
		go func() { ended <- s.http.Serve(listener) }()
	}
	var errs []error
	for range s.listeners {
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, fmt.Errorf("answer peers: %w", err), s.http.Close())
		}
	}
	return errors.Join(errs...)
}

// Shutdown waits for open exchanges until ctx is done.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// Close cuts open exchanges.
func (s *Server) Close() error { return s.http.Close() }

// asLocal sets a local Host and removes Origin. These headers protect a
// browser's user from web pages. A peer is not a browser, and its gateway has
// checked them.
func asLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "localhost"
		r.Header.Del("Origin")
		next.ServeHTTP(w, r)
	})
}

// Transport returns a transport for HTTP requests whose URL has a machine_id as
// its host, each on its own stream.
func (h *Host) Transport() *http.Transport { return h.transport(ProtocolHTTP) }

// Streams is like Transport, but for connections to guests: direct, or through
// a relay whose operator lets it carry more than control calls.
func (h *Host) Streams() *http.Transport { return h.transport(ProtocolTCP) }

func (h *Host) transport(speak protocol.ID) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			machineID, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrMachineID, err)
			}
			return h.Dial(ctx, machineID, speak)
		},
		DisableKeepAlives: true, DisableCompression: true,
		ResponseHeaderTimeout: answerLimit, MaxResponseHeaderBytes: maxHead,
	}
}
