package host

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/dbc-network/dbc/vm"
)

// Console connects to a VM's serial console, also while it is being made. It
// obeys only the rental that made the task.
func (h *Host) Console(ctx context.Context, wallet string, rentals []uint64, id string) (net.Conn, error) {
	return h.connect(ctx, wallet, rentals, id, h.deps.Driver.Console)
}

// VNC connects to a VM's screen, under the same rules.
func (h *Host) VNC(ctx context.Context, wallet string, rentals []uint64, id string) (net.Conn, error) {
	return h.connect(ctx, wallet, rentals, id, h.deps.Driver.VNC)
}

func (h *Host) connect(
	ctx context.Context, wallet string, rentals []uint64, id string, open func(context.Context, vm.UUID) (net.Conn, error),
) (net.Conn, error) {
	t, err := h.own(wallet, rentals, id)
	if err != nil {
		return nil, err
	}
	if t.Over != nil {
		return nil, refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	conn, err := open(ctx, t.UUID)
	if errors.Is(err, vm.ErrNotRunning) || errors.Is(err, vm.ErrNotFound) {
		return nil, refuse(ErrState, "task_id", id, "a VM that runs", fmt.Sprintf("it is %s now", t.Status))
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the guest: %w", err)
	}
	return conn, nil
}
