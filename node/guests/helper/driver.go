package helper

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/vm"
)

// Define defines the VM that is recorded with a folder, or replaces its definition.
func (c *Client) Define(ctx context.Context, v guests.VM) error {
	_, err := c.machines.Define(ctx, sayVM(v))
	return err
}

func (c *Client) operate(ctx context.Context, id vm.UUID, op steps.Operation) error {
	_, err := c.machines.Operate(ctx, &steps.OperateRequest{Uuid: string(id), Operation: op})
	return err
}

// Start is as vm.Driver has it.
func (c *Client) Start(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_START)
}

// Shutdown is as vm.Driver has it.
func (c *Client) Shutdown(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_SHUTDOWN)
}

// Stop is as vm.Driver has it.
func (c *Client) Stop(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_STOP)
}

// Pause is as vm.Driver has it.
func (c *Client) Pause(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_PAUSE)
}

// Resume is as vm.Driver has it.
func (c *Client) Resume(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_RESUME)
}

// Reset is as vm.Driver has it.
func (c *Client) Reset(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_RESET)
}

// Undefine is as vm.Driver has it.
func (c *Client) Undefine(ctx context.Context, id vm.UUID) error {
	return c.operate(ctx, id, steps.Operation_OPERATION_UNDEFINE)
}

// SetPassword is as vm.Driver has it. ctx carries the renter's request.
func (c *Client) SetPassword(ctx context.Context, id vm.UUID, user, password string) error {
	_, err := c.machines.SetPassword(ctx, &steps.SetPasswordRequest{Uuid: string(id), User: user, Password: password, Authority: authority(ctx)})
	return err
}

// authority is the request on whose behalf something is done, or nil.
func authority(ctx context.Context) *steps.Authority {
	if p, ok := auth.ProofFrom(ctx); ok {
		return sayAuthority(&p)
	}
	return nil
}

// Attach gives a running VM a data disk of its folder.
func (c *Client) Attach(ctx context.Context, id vm.UUID, disk string) error {
	_, err := c.machines.Attach(ctx, &steps.AttachRequest{Uuid: string(id), Disk: disk})
	return err
}

// Grow is as vm.Driver has it.
func (c *Client) Grow(ctx context.Context, id vm.UUID, target string, size uint64) error {
	_, err := c.machines.Grow(ctx, &steps.GrowRequest{Uuid: string(id), Disk: target, Bytes: size})
	return err
}

// Detach is as vm.Driver has it.
func (c *Client) Detach(ctx context.Context, id vm.UUID, target string) error {
	_, err := c.machines.Detach(ctx, &steps.DetachRequest{Uuid: string(id), Disk: target})
	return err
}

// Get is as vm.Driver has it.
func (c *Client) Get(ctx context.Context, id vm.UUID) (vm.Domain, error) {
	d, err := c.machines.Get(ctx, &steps.GetRequest{Uuid: string(id)})
	if err != nil {
		return vm.Domain{}, err
	}
	return hear(d), nil
}

// List is as vm.Driver has it.
func (c *Client) List(ctx context.Context) ([]vm.Domain, error) {
	reply, err := c.machines.List(ctx, &steps.ListRequest{})
	if err != nil {
		return nil, err
	}
	list := make([]vm.Domain, 0, len(reply.GetDomains()))
	for _, d := range reply.GetDomains() {
		list = append(list, hear(d))
	}
	return list, nil
}

func hear(d *steps.Domain) vm.Domain {
	return vm.Domain{UUID: vm.UUID(d.GetUuid()), Name: d.GetName(), State: vm.State(d.GetState()), Reason: vm.Reason(d.GetReason())}
}

// Watch is as vm.Driver has it. A helper that is away or restarted is waited for; what was
// missed meanwhile is told by "".
func (c *Client) Watch(ctx context.Context) (<-chan vm.UUID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := make(chan vm.UUID)
	go func() {
		defer close(out)
		for pause := firstPause; ctx.Err() == nil; pause = min(2*pause, maxPause) {
			heard, err := c.follow(ctx, out)
			if heard {
				pause = firstPause
			}
			if err != nil && ctx.Err() == nil {
				c.log.Warn("changes of VMs are not heard now", "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}()
	return out, nil
}

// follow forwards one stream until it ends.
func (c *Client) follow(ctx context.Context, out chan<- vm.UUID) (heard bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var stream grpc.ServerStreamingClient[steps.Change]
	if err := c.retry(ctx, func() error {
		if stream, err = c.machines.Watch(ctx, &steps.WatchRequest{}); err != nil {
			return err
		}
		change, err := stream.Recv()
		if err != nil {
			return decode(ctx, err)
		}
		return send(ctx, out, change)
	}); err != nil {
		return false, err
	}
	for {
		change, err := stream.Recv()
		if err != nil {
			return true, decode(ctx, err)
		}
		if err := send(ctx, out, change); err != nil {
			return true, err
		}
	}
}

func send(ctx context.Context, out chan<- vm.UUID, change *steps.Change) error {
	select {
	case out <- vm.UUID(change.GetUuid()):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
