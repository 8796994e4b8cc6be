package host

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/vm"
)

const (
	// minPassword and maxPassword bound a password in bytes.
	minPassword = 8
	maxPassword = 128
	// passwordLimit bounds the guest's part; its agent may be hostile.
	passwordLimit = 20 * time.Second
)

// setPassword is an operation of a renter's request, not of the loop: the password
// is never written down, so the operation can't be resumed.
const setPassword lifecycle.Action = "set a password"

var userName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)

// SetPassword has the guest's agent set a user's password, and returns when that
// is done or has failed. Only the rental that made the task may ask. The node
// keeps no copy: the password that it made itself is no longer shown afterwards.
// If the node is killed after the guest has the new password and before that is
// recorded, the node still shows its own, which no longer works: nothing is
// pending then, and setting a password again suffices.
func (h *Host) SetPassword(ctx context.Context, who trust.Caller, id, user string, password journal.Secret) error {
	if !userName.MatchString(user) {
		return refuse(ErrInvalid, "username", user, "1 to 32 of a-z, 0-9, _ and -", "name a user of the guest")
	}
	secret := string(password)
	if len(secret) < minPassword || len(secret) > maxPassword || strings.Trim(secret, printable) != "" {
		return refuse(ErrInvalid, "password", "…", fmt.Sprintf("%d to %d printable ASCII characters", minPassword, maxPassword), "choose another")
	}
	t, err := h.own(who, id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, passwordLimit)
	defer cancel()
	done, err := h.begin(t, setPassword, cancel)
	if err != nil {
		return err
	}
	defer done()
	switch err := h.deps.Driver.SetPassword(ctx, t.Identity.UUID, user, secret); {
	case errors.Is(err, vm.ErrNotRunning), errors.Is(err, vm.ErrNotFound):
		return refuse(ErrState, "task_id", id, "a VM that runs", fmt.Sprintf("it is %s now", t.Progress.State))
	case errors.Is(err, vm.ErrAgent):
		return refuse(ErrAgent, "username", user, "a user of a guest that runs qemu-guest-agent",
			"wait until it has started, look whether the user exists, or use its console")
	case err != nil:
		return fmt.Errorf("set a password: %w", err)
	}
	if user != t.Login.User {
		return nil
	}
	return h.set(id, func(t *journal.Task) { t.Login.Password = "" })
}

// printable reports whether s is ASCII from the space to the tilde.
var printable = func() string {
	var b strings.Builder
	for c := byte(' '); c <= '~'; c++ {
		b.WriteByte(c)
	}
	return b.String()
}()

// begin claims the VM for an operation that a request waits for; done releases it.
func (h *Host) begin(t journal.Task, what lifecycle.Action, cancel context.CancelFunc) (done func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.permit(t, lifecycle.SetPassword); err != nil {
		return nil, err
	}
	op := &operation{action: what, cancel: cancel}
	h.ops[t.ID] = op
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.ops, t.ID)
		if op.again {
			h.kick(t.ID)
		}
	}, nil
}
