package helper

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/helper/record"
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

// held is named for what only the VM that has its disks now may do.
func (m machineSteps) held(ctx context.Context, uuid string) (*bound, record.Record, error) {
	b, id, err := m.named(ctx, uuid)
	if err != nil {
		return nil, record.Record{}, err
	}
	r, err := b.records.Of(id)
	if errors.Is(err, record.ErrUnknown) {
		if _, gone := b.Driver.Get(ctx, id); errors.Is(gone, vm.ErrNotFound) {
			err = gone // nor is there such a VM
		}
	}
	return b, r, err
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
	if err := b.checkRecorded(req); err != nil {
		return nil, err
	}
	if _, err := b.images.Find(ctx, req.GetImage()); err != nil {
		return nil, fmt.Errorf("find the image: %w", err)
	}
	done, err := m.s.turns.take(ctx, req.GetFolder())
	if err != nil {
		return nil, err
	}
	defer done()
	// Again, in turn: the disks may have gone to another VM meanwhile.
	if err := b.checkRecorded(req); err != nil {
		return nil, err
	}
	spec := b.layout.expand(req)
	// One after another, or two VMs with one address would each not see the other.
	free, err := m.s.turns.take(ctx, "address "+spec.NIC.Addr.String())
	if err != nil {
		return nil, err
	}
	defer free()
	if err := b.freeAddr(ctx, req.GetFolder(), spec.NIC.Addr); err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	return &steps.Done{}, b.Driver.Define(ctx, spec)
}

// ending is what may be done with a VM that has no disks any more, too.
var ending = []steps.Operation{steps.Operation_OPERATION_STOP, steps.Operation_OPERATION_UNDEFINE}

// Operate is what needs nothing but the domain's UUID.
func (m machineSteps) Operate(ctx context.Context, req *steps.OperateRequest) (*steps.Done, error) {
	b, id, err := m.named(ctx, req.GetUuid())
	if err == nil && !slices.Contains(ending, req.GetOperation()) {
		b, r, err := m.held(ctx, req.GetUuid())
		if err != nil {
			return nil, err
		}
		// In turn with whatever takes its disks away.
		done, err := m.s.turns.take(ctx, r.Folder)
		if err != nil {
			return nil, err
		}
		defer done()
		if _, err := b.records.Of(id); err != nil {
			return nil, err
		}
	}
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

// SetPassword has the guest's agent do it, as its renter signed.
func (m machineSteps) SetPassword(ctx context.Context, req *steps.SetPasswordRequest) (*steps.Done, error) {
	if err := checkPassword(req.GetUser(), req.GetPassword()); err != nil {
		return nil, err
	}
	b, r, err := m.held(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	if err := signedPassword(req); err != nil {
		return nil, err
	}
	if err := m.s.once(b, r, req.GetAuthority(), PathPasswd, auth.ScopeFull); err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.SetPassword(ctx, r.Holder.UUID, req.GetUser(), req.GetPassword())
}

// Attach gives a running domain a data disk of its own folder.
func (m machineSteps) Attach(ctx context.Context, req *steps.AttachRequest) (*steps.Done, error) {
	if err := taskdir.CheckDisk(req.GetDisk()); err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	b, r, err := m.held(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	if !r.HasDisk(req.GetDisk()) {
		return nil, badSpec("disk", req.GetDisk(), fmt.Sprintf("one of the VM's %q", r.Disks))
	}
	return &steps.Done{}, b.Driver.Attach(ctx, r.Holder.UUID, b.layout.dataDisk(r.Folder, req.GetDisk()))
}

// Grow tells a running domain that a disk is larger.
func (m machineSteps) Grow(ctx context.Context, req *steps.GrowRequest) (*steps.Done, error) {
	if err := checkTarget(req.GetDisk()); err != nil {
		return nil, err
	}
	if req.GetBytes() > taskdir.MaxGiB<<30 {
		return nil, refuse("bytes", req.GetBytes(), fmt.Sprintf("at most %d GiB", taskdir.MaxGiB))
	}
	b, r, err := m.held(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.Grow(ctx, r.Holder.UUID, req.GetDisk(), req.GetBytes())
}

// Detach takes a data disk away.
func (m machineSteps) Detach(ctx context.Context, req *steps.DetachRequest) (*steps.Done, error) {
	if err := taskdir.CheckDisk(req.GetDisk()); err != nil {
		return nil, fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	b, r, err := m.held(ctx, req.GetUuid())
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.Driver.Detach(ctx, r.Holder.UUID, req.GetDisk())
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

// Connect forwards bytes both ways until one side ends. Who has a console or screen
// can start the guest with a root shell, so its renter's signature is needed.
func (m machineSteps) Connect(stream grpc.BidiStreamingServer[steps.ConnectRequest, steps.Bytes]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	b, r, err := m.held(stream.Context(), first.GetUuid())
	if err != nil {
		return err
	}
	var path string
	var open func(context.Context, vm.UUID) (net.Conn, error)
	switch first.GetWire() {
	case steps.Wire_WIRE_CONSOLE:
		path, open = PathConsole, b.Driver.Console
	case steps.Wire_WIRE_VNC:
		path, open = PathVNC, b.Driver.VNC
	default:
		return refuse("wire", first.GetWire(), "console or vnc")
	}
	if err := m.s.once(b, r, first.GetAuthority(), path, auth.ScopeOperate); err != nil {
		return err
	}
	conn, err := open(stream.Context(), r.Holder.UUID)
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
