package guests

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// held is for what only the VM that has its disks now may do.
func (l *Local) held(ctx context.Context, id vm.UUID) (record.Record, error) {
	if err := checkUUID(id); err != nil {
		return record.Record{}, err
	}
	r, err := l.records.Of(id)
	if errors.Is(err, record.ErrUnknown) {
		if _, gone := l.parts.Driver.Get(ctx, id); errors.Is(gone, vm.ErrNotFound) {
			err = gone // nor is there such a VM
		}
	}
	return r, err
}

// Define makes the definition itself, or replaces it.
func (l *Local) Define(ctx context.Context, v VM) error {
	if err := l.checkVM(v); err != nil {
		return err
	}
	if _, err := l.specOf(v); err != nil {
		return err
	}
	done, err := l.turns.Take(ctx, v.Folder)
	if err != nil {
		return err
	}
	defer done()
	spec, err := l.specOf(v) // in turn: the disks may have gone to another VM meanwhile
	if err != nil {
		return err
	}
	r, err := l.recorded(v.Folder)
	if err != nil {
		return err
	}
	if _, err := l.images.Find(ctx, r.Image); err != nil {
		return fmt.Errorf("find the image: %w", err)
	}
	// One after another, or two VMs with one address would each not see the other.
	free, err := l.turns.Take(ctx, "address "+spec.NIC.Addr.String())
	if err != nil {
		return err
	}
	defer free()
	if err := l.freeAddr(ctx, v.Folder, spec.NIC.Addr); err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	return l.parts.Driver.Define(ctx, spec)
}

// inTurn does something with a VM that has its disks, in turn with whatever takes them
// away: in between, the folder can be deleted and made anew for another renter, by the
// same ids, and what was permitted for one VM would be done to the other's.
func (l *Local) inTurn(ctx context.Context, id vm.UUID, do func(r record.Record) error) error {
	r, err := l.held(ctx, id)
	if err != nil {
		return err
	}
	return l.alone(ctx, r.Folder, func() error {
		r, err := l.records.Of(id)
		if err != nil {
			return err
		}
		return do(r)
	})
}

// operate is inTurn for what needs nothing but the VM.
func (l *Local) operate(ctx context.Context, id vm.UUID, do func(context.Context, vm.UUID) error) error {
	return l.inTurn(ctx, id, func(record.Record) error { return do(ctx, id) })
}

// Start starts a defined VM, or resumes a paused one.
func (l *Local) Start(ctx context.Context, id vm.UUID) error {
	return l.operate(ctx, id, l.parts.Driver.Start)
}

// Shutdown asks the guest to power off.
func (l *Local) Shutdown(ctx context.Context, id vm.UUID) error {
	return l.operate(ctx, id, l.parts.Driver.Shutdown)
}

// Pause stops the guest's CPUs.
func (l *Local) Pause(ctx context.Context, id vm.UUID) error {
	return l.operate(ctx, id, l.parts.Driver.Pause)
}

// Resume continues them.
func (l *Local) Resume(ctx context.Context, id vm.UUID) error {
	return l.operate(ctx, id, l.parts.Driver.Resume)
}

// Reset is the VM's reset button.
func (l *Local) Reset(ctx context.Context, id vm.UUID) error {
	return l.operate(ctx, id, l.parts.Driver.Reset)
}

// Stop stops a VM hard, one that has no disks any more too.
func (l *Local) Stop(ctx context.Context, id vm.UUID) error {
	if err := checkUUID(id); err != nil {
		return err
	}
	return l.parts.Driver.Stop(ctx, id)
}

// Undefine removes the definition of a VM that is off, one that has no disks any more
// too.
func (l *Local) Undefine(ctx context.Context, id vm.UUID) error {
	if err := checkUUID(id); err != nil {
		return err
	}
	return l.parts.Driver.Undefine(ctx, id)
}

// SetPassword has the guest's agent do it, as its renter signed; ctx carries the
// request.
func (l *Local) SetPassword(ctx context.Context, id vm.UUID, user, password string) error {
	if err := checkPassword(user, password); err != nil {
		return err
	}
	return l.inTurn(ctx, id, func(r record.Record) error {
		if err := signedPassword(proofOf(ctx), user, password); err != nil {
			return err
		}
		if err := l.once(ctx, r, PathPasswd, auth.ScopeKeys); err != nil {
			return err
		}
		// To its end though the caller leaves, or it could outlast the turn.
		return l.parts.Driver.SetPassword(context.WithoutCancel(ctx), id, user, password)
	})
}

// Attach gives a running VM a data disk of its own folder.
func (l *Local) Attach(ctx context.Context, id vm.UUID, disk string) error {
	if err := taskdir.CheckDisk(disk); err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	return l.inTurn(ctx, id, func(r record.Record) error {
		if !r.HasDisk(disk) {
			return badSpec("disk", disk, fmt.Sprintf("one of the VM's %q", r.Disks))
		}
		return l.parts.Driver.Attach(ctx, id, l.layout.DataDisk(r.Folder, disk))
	})
}

// Grow tells a running VM that a disk is larger, in bytes.
func (l *Local) Grow(ctx context.Context, id vm.UUID, disk string, size uint64) error {
	if err := checkTarget(disk); err != nil {
		return err
	}
	if size > taskdir.MaxGiB<<30 {
		return refuse("bytes", size, fmt.Sprintf("at most %d GiB", taskdir.MaxGiB))
	}
	return l.inTurn(ctx, id, func(record.Record) error { return l.parts.Driver.Grow(ctx, id, disk, size) })
}

// Detach takes a data disk away.
func (l *Local) Detach(ctx context.Context, id vm.UUID, disk string) error {
	if err := taskdir.CheckDisk(disk); err != nil {
		return fmt.Errorf("%w: %w", vm.ErrBadSpec, err)
	}
	return l.inTurn(ctx, id, func(record.Record) error { return l.parts.Driver.Detach(ctx, id, disk) })
}

// Get returns a VM's state now.
func (l *Local) Get(ctx context.Context, id vm.UUID) (vm.Domain, error) {
	if err := checkUUID(id); err != nil {
		return vm.Domain{}, err
	}
	return l.parts.Driver.Get(ctx, id)
}

// List returns every VM of this machine.
func (l *Local) List(ctx context.Context) ([]vm.Domain, error) { return l.parts.Driver.List(ctx) }

// Console connects to the serial console. Who has it can start the guest with a root
// shell, so its renter's signature is needed; ctx carries the request.
func (l *Local) Console(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return l.connect(ctx, id, PathConsole, l.parts.Driver.Console)
}

// VNC connects to the screen, as Console does.
func (l *Local) VNC(ctx context.Context, id vm.UUID) (net.Conn, error) {
	return l.connect(ctx, id, PathVNC, l.parts.Driver.VNC)
}

func (l *Local) connect(
	ctx context.Context, id vm.UUID, path string, open func(context.Context, vm.UUID) (net.Conn, error),
) (conn net.Conn, err error) {
	err = l.inTurn(ctx, id, func(r record.Record) (err error) {
		if err := l.once(ctx, r, path, auth.ScopeOperate); err != nil {
			return err
		}
		conn, err = open(ctx, id)
		return err
	})
	return conn, err
}

// Slots tells what each slot of kind GPU is in; none where the host keeps none.
func (l *Local) Slots(ctx context.Context) ([]vm.Slot, error) {
	if l.parts.Cards == nil {
		return nil, nil
	}
	return l.parts.Cards.Slots(ctx)
}

// CheckSlot resets a slot that no VM has and looks at it again.
func (l *Local) CheckSlot(ctx context.Context, index uint32) error {
	if l.parts.Cards == nil {
		return vm.RefuseSlot(vm.ErrSlotUnknown, index)
	}
	return l.parts.Cards.CheckSlot(ctx, index)
}
