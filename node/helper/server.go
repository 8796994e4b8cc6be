package helper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/taskdir"
)

// maxStreams bounds the calls of one connection, open consoles among them.
const maxStreams = 1024

// Config is what the host says, from its core.conf: nothing of it can be changed
// over the socket.
type Config struct {
	// UID is the one user that is served.
	UID int
	// ChainID is core.conf's; "" lets the node say.
	ChainID string
	// Data is the node's data_dir.
	Data string
	// CIDR is the guests' network, Resolvers what guests are told.
	CIDR      netip.Prefix
	Resolvers []netip.Addr
	// PortFirst and PortLast bound the ports that may be published.
	PortFirst, PortLast uint16
	// CPUs and MemoryMiB are the computer's, 0 for no bound.
	CPUs      int
	MemoryMiB uint64
	// Open makes the parts; it is called again until it succeeds.
	Open func(ctx context.Context, b journal.Binding) (Parts, error)
	// Overlay makes system disks; image.Overlay but for tests.
	Overlay taskdir.Overlay
	// Now is time.Now when nil.
	Now func() time.Time
	// Logger is slog.Default() when nil.
	Logger *slog.Logger
}

// Server is the privileged side.
type Server struct {
	config Config
	log    *slog.Logger
	grpc   *grpc.Server
	turns  turns

	mu    sync.Mutex
	bound *bound
}

// NewServer is a helper that serves nobody yet.
func NewServer(config Config) *Server {
	s := &Server{config: config, log: config.Logger}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.grpc = grpc.NewServer(
		grpc.Creds(peerCredentials{}), grpc.MaxConcurrentStreams(maxStreams), grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := s.admit(ctx); err != nil {
				return nil, encode(err)
			}
			res, err := next(ctx, req)
			return res, encode(err)
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if err := s.admit(stream.Context()); err != nil {
				return encode(err)
			}
			return encode(next(srv, stream))
		}),
	)
	steps.RegisterHelperServer(s.grpc, helperSteps{s: s})
	steps.RegisterMachinesServer(s.grpc, machineSteps{s: s})
	steps.RegisterNetworkServer(s.grpc, networkSteps{s: s})
	steps.RegisterFilesServer(s.grpc, fileSteps{s: s})
	return s
}

// Serve answers on the listener until ctx is done, and returns when every call
// has ended. VMs go on.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	stop := context.AfterFunc(ctx, s.grpc.Stop)
	defer stop()
	err := s.grpc.Serve(listener)
	s.grpc.Stop() // waits for the handlers
	if ctx.Err() != nil || errors.Is(err, grpc.ErrServerStopped) {
		err = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound != nil {
		err = errors.Join(err, s.bound.Close())
		s.bound = nil
	}
	return err
}

// admit serves one user, and one version of the protocol.
func (s *Server) admit(ctx context.Context) error {
	from, _ := peer.FromContext(ctx)
	who, ok := from.AuthInfo.(peerInfo)
	if !ok || int(who.uid) != s.config.UID {
		s.log.Warn("somebody else than the node's user asked the helper", "uid", who.uid, "want", s.config.UID)
		return fmt.Errorf("%w: uid is %d, want %d; run the node as the user that the helper was started with", ErrPeer, who.uid, s.config.UID)
	}
	version := "none"
	if values := metadata.ValueFromIncomingContext(ctx, versionKey); len(values) == 1 {
		version = values[0]
	}
	if version != Version {
		return fmt.Errorf("%w: the node speaks %q, the helper %q; restart both from the same program", ErrVersion, version, Version)
	}
	return nil
}

// helperSteps is Helper's service.
type helperSteps struct {
	steps.UnsafeHelperServer // a call that is not written does not compile
	s                        *Server
}

// Bind binds the helper, or says that it is bound so.
func (h helperSteps) Bind(ctx context.Context, req *steps.BindRequest) (*steps.BindReply, error) {
	b, err := h.s.bind(ctx, req)
	if err != nil {
		return nil, err
	}
	return &steps.BindReply{Confined: b.Confined}, nil
}
