package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/vm"
)

// forwardLimit is how long a guest may take to accept a connection.
const forwardLimit = 5 * time.Second

// Console connects to a VM's serial console, also while it is being made. Only
// the rental that made the task may ask.
func (h *Host) Console(ctx context.Context, who trust.Caller, id string) (net.Conn, error) {
	return h.connect(ctx, who, id, h.deps.Driver.Console)
}

// VNC connects to a VM's screen, under the same rules.
func (h *Host) VNC(ctx context.Context, who trust.Caller, id string) (net.Conn, error) {
	return h.connect(ctx, who, id, h.deps.Driver.VNC)
}

// Forward connects to a TCP port of a VM's own address, under the same rules.
func (h *Host) Forward(ctx context.Context, who trust.Caller, id string, port uint16) (net.Conn, error) {
	t, err := h.own(who, id)
	if err != nil {
		return nil, err
	}
	if t.Rental.Over != nil {
		return nil, refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	ctx, cancel := context.WithTimeout(ctx, forwardLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp4", netip.AddrPortFrom(t.Network.Addr, port).String())
	if err != nil {
		return nil, refuse(ErrState, "port", strconv.Itoa(int(port)), "a TCP port that the guest listens on",
			fmt.Sprintf("the VM is %s, and nothing took the connection", t.Progress.State))
	}
	return conn, nil
}

func (h *Host) connect(
	ctx context.Context, who trust.Caller, id string, open func(context.Context, vm.UUID) (net.Conn, error),
) (net.Conn, error) {
	t, err := h.own(who, id)
	if err != nil {
		return nil, err
	}
	if t.Rental.Over != nil {
		return nil, refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	conn, err := open(ctx, t.Identity.UUID)
	if errors.Is(err, vm.ErrNotRunning) || errors.Is(err, vm.ErrNotFound) {
		return nil, refuse(ErrState, "task_id", id, "a VM that runs", fmt.Sprintf("it is %s now", t.Progress.State))
	}
	if err != nil {
		return nil, fmt.Errorf("connect to the guest: %w", err)
	}
	return conn, nil
}
