package helper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/names"
)

// Config is what the host says, from its core.conf: nothing of it can be changed
// over the socket.
type Config struct {
	// UID is the one user that is served.
	UID int
	// ChainID is core.conf's; "" lets the node say.
	ChainID string
	// Rules bound what the node may ask for.
	guests.Rules
	// Open makes the parts; it is called again until it succeeds.
	Open func(ctx context.Context, b names.Binding) (guests.Parts, error)
	// Root is who its host's own calls are served to; nil is user 0.
	Root *int
	// Version is the program's, Resets what counts resets of cards, nil for nothing.
	Version string
	Resets  *guests.Resets
	// Logger is slog.Default() when nil.
	Logger *slog.Logger
}

// Server is the privileged side.
type Server struct {
	config Config
	log    *slog.Logger
	grpc   *grpc.Server
	bounds bounds
	tally  tally
	// started is when NewServer was called.
	started time.Time

	mu    sync.Mutex
	bound *guests.Local
}

// NewServer is a helper that serves nobody yet.
func NewServer(config Config) *Server {
	s := &Server{config: config, log: config.Logger, started: time.Now()}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.grpc = grpc.NewServer(
		grpc.Creds(peerCredentials{&s.bounds}), grpc.MaxConcurrentStreams(maxCalls), grpc.WaitForHandlers(true),
		// Else 16 MiB of headers for each call, and as much for each that nobody reads from.
		grpc.MaxHeaderListSize(maxHeaders), grpc.StaticStreamWindowSize(window), grpc.StaticConnWindowSize(window),
		grpc.MaxRecvMsgSize(maxMessage), grpc.ForceServerCodecV2(newCodec(&s.bounds)), grpc.InTapHandle(s.bounds.admitCall),
		grpc.ChainUnaryInterceptor(s.bounds.unary, func(ctx context.Context, req any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if err := s.admit(ctx, call.FullMethod); err != nil {
				s.bounds.turned.Add(1)
				return nil, encode(err)
			}
			begun := time.Now()
			res, err := next(ctx, req)
			s.tally.add(call.FullMethod, err, time.Since(begun))
			return res, encode(err)
		}),
		grpc.ChainStreamInterceptor(s.bounds.stream, func(srv any, stream grpc.ServerStream, call *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if err := s.admit(stream.Context(), call.FullMethod); err != nil {
				s.bounds.turned.Add(1)
				return encode(err)
			}
			err := next(srv, stream)
			s.tally.add(call.FullMethod, err, 0) // it lasts as long as its caller likes
			return encode(err)
		}),
	)
	steps.RegisterHelperServer(s.grpc, helperSteps{s: s})
	steps.RegisterMachinesServer(s.grpc, machineSteps{s: s})
	steps.RegisterCardsServer(s.grpc, cardSteps{s: s})
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

// admit serves one user, and one version of the protocol. What is the host's and not
// the node's to ask for is served to root instead, and some to both.
func (s *Server) admit(ctx context.Context, method string) error {
	from, _ := peer.FromContext(ctx)
	who, ok := from.AuthInfo.(peerInfo)
	isNode, isRoot := ok && int(who.uid) == s.config.UID, ok && int(who.uid) == s.config.root()
	switch {
	case roots[method] && !isRoot:
		s.log.Warn("somebody else than root asked the helper for what is its host's", "uid", who.uid, "method", method)
		return fmt.Errorf("%w: uid is %d, want 0; run the command as root", ErrPeer, who.uid)
	case !roots[method] && !isNode && (!isRoot || !shown[method]):
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
	l, err := h.s.bind(ctx, req)
	if err != nil {
		return nil, err
	}
	return &steps.BindReply{Confined: l.Confined()}, nil
}
