package helper

import (
	"context"
	"net"

	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/vm"
)

// machineSteps is Machines' service.
type machineSteps struct {
	steps.UnsafeMachinesServer // a call that is not written does not compile
	s                          *Server
}

// done is the answer to a step on what the helper is bound to.
func (s *Server) done(ctx context.Context, do func(l *guests.Local) error) (*steps.Done, error) {
	l, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, do(l)
}

// onBehalf carries the renter's request to where it is verified.
func onBehalf(ctx context.Context, a *steps.Authority) context.Context {
	if a == nil {
		return ctx
	}
	return auth.WithProof(ctx, readAuthority(a))
}

// Define defines the VM that is recorded with a folder.
func (m machineSteps) Define(ctx context.Context, req *steps.DefineRequest) (*steps.Done, error) {
	return m.s.done(ctx, func(l *guests.Local) error { return l.Define(ctx, readVM(req)) })
}

// Operate is what needs nothing but the VM's UUID.
func (m machineSteps) Operate(ctx context.Context, req *steps.OperateRequest) (*steps.Done, error) {
	return m.s.done(ctx, func(l *guests.Local) error {
		do, known := map[steps.Operation]func(context.Context, vm.UUID) error{
			steps.Operation_OPERATION_START: l.Start, steps.Operation_OPERATION_SHUTDOWN: l.Shutdown,
			steps.Operation_OPERATION_STOP: l.Stop, steps.Operation_OPERATION_PAUSE: l.Pause,
			steps.Operation_OPERATION_RESUME: l.Resume, steps.Operation_OPERATION_RESET: l.Reset,
			steps.Operation_OPERATION_UNDEFINE: l.Undefine,
		}[req.GetOperation()]
		if !known {
			return refuse("operation", req.GetOperation(), "start, shutdown, stop, pause, resume, reset or undefine")
		}
		return do(ctx, vm.UUID(req.GetUuid()))
	})
}

// SetPassword has the guest's agent do it, as its renter signed.
func (m machineSteps) SetPassword(ctx context.Context, req *steps.SetPasswordRequest) (*steps.Done, error) {
	return m.s.done(ctx, func(l *guests.Local) error {
		return l.SetPassword(onBehalf(ctx, req.GetAuthority()), vm.UUID(req.GetUuid()), req.GetUser(), req.GetPassword())
	})
}

// Attach gives a running VM a data disk of its own folder.
func (m machineSteps) Attach(ctx context.Context, req *steps.AttachRequest) (*steps.Done, error) {
	return m.s.done(ctx, func(l *guests.Local) error { return l.Attach(ctx, vm.UUID(req.GetUuid()), req.GetDisk()) })
}

// Grow tells a running VM that a disk is larger.
func (m machineSteps) Grow(ctx context.Context, req *steps.GrowRequest) (*steps.Done, error) {
	return m.s.done(ctx, func(l *guests.Local) error {
		return l.Grow(ctx, vm.UUID(req.GetUuid()), req.GetDisk(), req.GetBytes())
	})
}

// Detach takes a data disk away.
func (m machineSteps) Detach(ctx context.Context, req *steps.DetachRequest) (*steps.Done, error) {
	return m.s.done(ctx, func(l *guests.Local) error { return l.Detach(ctx, vm.UUID(req.GetUuid()), req.GetDisk()) })
}

// Get is the VM's state now.
func (m machineSteps) Get(ctx context.Context, req *steps.GetRequest) (*steps.Domain, error) {
	l, err := m.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	domain, err := l.Get(ctx, vm.UUID(req.GetUuid()))
	return say(domain), err
}

// List is every VM of this machine.
func (m machineSteps) List(ctx context.Context, _ *steps.ListRequest) (*steps.ListReply, error) {
	l, err := m.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	domains, err := l.List(ctx)
	reply := &steps.ListReply{}
	for _, d := range domains {
		reply.Domains = append(reply.Domains, say(d))
	}
	return reply, err
}

func say(d vm.Domain) *steps.Domain {
	return &steps.Domain{Uuid: string(d.UUID), Name: d.Name, State: string(d.State), Reason: string(d.Reason)}
}

// Watch sends changes until the node leaves or the helper ends.
func (m machineSteps) Watch(_ *steps.WatchRequest, stream grpc.ServerStreamingServer[steps.Change]) error {
	l, err := m.s.ready(stream.Context())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	changes, err := l.Watch(ctx)
	defer func() {
		cancel()
		for range changes { // until the driver's goroutine has ended
		}
	}()
	if err != nil {
		cancel()
		return err
	}
	for id := range changes {
		if err := stream.Send(&steps.Change{Uuid: string(id)}); err != nil {
			return err
		}
	}
	return stream.Context().Err()
}

// Connect forwards bytes both ways until one side ends.
func (m machineSteps) Connect(stream grpc.BidiStreamingServer[steps.ConnectRequest, steps.Bytes]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	l, err := m.s.ready(stream.Context())
	if err != nil {
		return err
	}
	var open func(context.Context, vm.UUID) (net.Conn, error)
	switch first.GetWire() {
	case steps.Wire_WIRE_CONSOLE:
		open = l.Console
	case steps.Wire_WIRE_VNC:
		open = l.VNC
	default:
		return refuse("wire", first.GetWire(), "console or vnc")
	}
	conn, err := open(onBehalf(stream.Context(), first.GetAuthority()), vm.UUID(first.GetUuid()))
	if err != nil {
		return err
	}
	return forward(stream, conn)
}

// forward owns conn.
func forward(stream grpc.BidiStreamingServer[steps.ConnectRequest, steps.Bytes], conn net.Conn) error {
	// The stream's end closes conn, which ends both directions.
	stop := context.AfterFunc(stream.Context(), func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	if err := stream.Send(&steps.Bytes{}); err != nil {
		return err
	}
	go func() { // ends with the stream, which ends when this call returns
		defer func() { _ = conn.Close() }()
		for {
			req, err := stream.Recv()
			if err != nil {
				return
			}
			if _, err := conn.Write(req.GetData()); err != nil {
				return
			}
		}
	}()
	for buf := make([]byte, chunk); ; {
		n, err := conn.Read(buf)
		if n > 0 {
			if err := stream.Send(&steps.Bytes{Data: buf[:n]}); err != nil {
				return err
			}
		}
		if err != nil {
			return nil // a guest's end is a plain end
		}
	}
}
