package helper

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// machineSteps is Machines' service. Of domains that this machine's Define did not
// make the driver itself knows nothing.
type machineSteps struct {
	steps.UnsafeMachinesServer // a call that is not written does not compile
	s                          *Server
}

// named is the checked start of every step on one domain.
func (m machineSteps) named(ctx context.Context, uuid string) (*bound, vm.UUID, error) {
	id, err := checkUUID(uuid)
	if err != nil {
		return nil, "", err
	}
	b, err := m.s.ready(ctx)
	return b, id, err
}

// Define makes the specification itself, from ids.
func (m machineSteps) Define(ctx context.Context, req *steps.DefineRequest) (*steps.Done, error) {
	b, err := m.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.s.checkDefine(b, req); err != nil {
		return nil, err
	}
	if _, err := b.images.Find(ctx, req.GetImage()); err != nil {
		return nil, fmt.Errorf("find the image: %w", err)
	}
	return &steps.Done{}, b.Driver.Define(ctx, b.layout.expand(req))
}

// Operate is what needs nothing but the domain's UUID.
func (m machineSteps) Operate(ctx context.Context, req *steps.OperateRequest) (*steps.Done, error) {
	b, id, err := m.named(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	do, known := map[steps.Operation]func(context.Context, vm.UUID) error{
		steps.Operation_OPERATION_START: b.Driver.Start, steps.Operation_OPERATION_SHUTDOWN: b.Driver.Shutdown,
		steps.Operation_OPERATION_STOP: b.Driver.Stop, steps.Operation_OPERATION_PAUSE: b.Driver.Pause,
		steps.Operation_OPERATION_RESUME: b.Driver.Resume, steps.Operation_OPERATION_RESET: b.Driver.Reset,
		steps.Operation_OPERATION_UNDEFINE: b.Driver.Undefine,
	}[req.GetOperation()]
	if !known {
		return nil, refuse("operation", req.GetOperation(), "start, shutdown, stop, pause, resume, reset or undefine")
	}
	return &steps.Done{}, do(ctx, id)
}

// SetPassword has the guest's agent do it.
func (m machineSteps) SetPassword(ctx context.Context, req *steps.SetPasswordRequest) (*steps.Done, error) {
	if err := checkPassword(req.GetUser(), req.GetPassword()); err != nil {
		return nil, err
	}
	b, id, err := m.named(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.SetPassword(ctx, id, req.GetUser(), req.GetPassword())
}

// Attach gives a running domain a data disk of a VM's folder.
func (m machineSteps) Attach(ctx context.Context, req *steps.AttachRequest) (*steps.Done, error) {
	if err := taskdir.CheckFolder(req.GetFolder()); err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	if err := taskdir.CheckDisk(req.GetDisk()); err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	b, id, err := m.named(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.Attach(ctx, id, b.layout.dataDisk(req.GetFolder(), req.GetDisk()))
}

// Grow tells a running domain that a disk is larger.
func (m machineSteps) Grow(ctx context.Context, req *steps.GrowRequest) (*steps.Done, error) {
	if err := checkTarget(req.GetDisk()); err != nil {
		return nil, err
	}
	if req.GetBytes() > taskdir.MaxGiB<<30 {
		return nil, refuse("bytes", req.GetBytes(), fmt.Sprintf("at most %d GiB", taskdir.MaxGiB))
	}
	b, id, err := m.named(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.Grow(ctx, id, req.GetDisk(), req.GetBytes())
}

// Detach takes a data disk away.
func (m machineSteps) Detach(ctx context.Context, req *steps.DetachRequest) (*steps.Done, error) {
	if err := taskdir.CheckDisk(req.GetDisk()); err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	b, id, err := m.named(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.Detach(ctx, id, req.GetDisk())
}

// Get is the domain's state now.
func (m machineSteps) Get(ctx context.Context, req *steps.GetRequest) (*steps.Domain, error) {
	b, id, err := m.named(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	domain, err := b.Driver.Get(ctx, id)
	return say(domain), err
}

// List is every domain of this machine.
func (m machineSteps) List(ctx context.Context, _ *steps.ListRequest) (*steps.ListReply, error) {
	b, err := m.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	domains, err := b.Driver.List(ctx)
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
	b, err := m.s.ready(stream.Context())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(stream.Context())
	changes, err := b.Driver.Watch(ctx)
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
	b, id, err := m.named(stream.Context(), first.GetUuid())
	if err != nil {
		return err
	}
	open, known := map[steps.Wire]func(context.Context, vm.UUID) (net.Conn, error){
		steps.Wire_WIRE_CONSOLE: b.Driver.Console, steps.Wire_WIRE_VNC: b.Driver.VNC,
	}[first.GetWire()]
	if !known {
		return refuse("wire", first.GetWire(), "console or vnc")
	}
	conn, err := open(stream.Context(), id)
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
