package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/x/rental"
)

// upFailed means that a machine failed a trial, which was cancelled.
type upFailed struct {
	err  error
	done market.Cancelled
}

func (e *upFailed) Error() string {
	return fmt.Sprintf("%v; rental %d was cancelled as not-ready: %s came back, the fee of %s did not", e.err, e.done.RentID, client.FormatDBC(e.done.Refunded),
		client.FormatDBC(e.done.FeeToHost+e.done.FeeToPool))
}

func (e *upFailed) Unwrap() error { return e.err }

// all goes from wherever the run is to its end.
func (u *up) all(ctx context.Context) error {
	for retries := u.f.retry; ; retries-- {
		err := u.rent(ctx)
		if err == nil {
			err = u.use(ctx)
		}
		failed := new(upFailed)
		if !errors.As(err, &failed) {
			return err
		}
		u.tried = append(u.tried, u.run.MachineID)
		if forgetErr := u.forget(); forgetErr != nil || retries == 0 {
			return errors.Join(err, forgetErr)
		}
		fmt.Fprintf(u.cmd.ErrOrStderr(), "dbc: %s\ndbc: trying another machine, which takes its own fee\n", shorten(err.Error()))
	}
}

// use makes the virtual machine of a rental, verifies it and hands it over.
func (u *up) use(ctx context.Context) error {
	c, err := u.s.dial(ctx)
	if err != nil {
		return err
	}
	r, err := c.Rental(ctx, u.run.RentID)
	if errors.Is(err, chain.ErrNotFound) { // forgotten long after its end
		return errors.Join(err, u.forget())
	}
	if err != nil {
		return err
	}
	if over := u.isOver(r); over != nil {
		return errors.Join(over, u.forget())
	}
	n, err := u.s.machine(ctx, u.s.own, r.MachineId)
	if err != nil {
		return err
	}
	n.Seen(market.Seen(r))
	task, err := u.make(ctx, c, n, r)
	if err != nil {
		return u.failed(ctx, c, err)
	}
	if r.State == rental.RENTAL_STATE_TRIAL {
		noteRan(u.s, r)
	}
	u.say("Running:", fmt.Sprintf("virtual machine %s (%s)", task.TaskID, u.name))
	at := found{asked{r.MachineId, n}, task.TaskID}
	if err := u.look(ctx, at, task); err != nil {
		return err
	}
	refreshSSH(u.s, u.cmd)
	return u.handOver(ctx, c, at, task)
}

// isOver returns an error for a rental that is not open, or not this run's.
func (u *up) isOver(r rental.Rental) error {
	switch {
	case r.Renter != u.run.Wallet || r.MachineId != u.run.MachineID:
		return fmt.Errorf("rental %d is of another wallet or machine; the record of %s is dropped, and dbc up %s begins anew", r.Id, u.name, u.name)
	case r.State != rental.RENTAL_STATE_TRIAL && r.State != rental.RENTAL_STATE_ACTIVE:
		return fmt.Errorf("rental %d of %s is over (%s): dbc explain %d says why and what came back; dbc up %s begins another", r.Id, u.name,
			stateWord(r.State.String(), "RENTAL_STATE_"), r.Id, u.name)
	}
	return nil
}

// make asks for the virtual machine by its own id, which makes no second one, and
// waits until it runs.
func (u *up) make(ctx context.Context, c *chain.Client, n *client.Node, r rental.Rental) (api.Task, error) {
	wait := newWaiting(u.s, u.cmd)
	defer wait.end()
	wait.say("asking the machine")
	id := u.run.Create.TaskID
	task, err := n.Task(ctx, id)
	if err == nil && (task.Status == client.StatusFailed || task.Status == client.StatusDeleting) {
		err = u.clear(ctx, n, task, wait)
	}
	refused := new(client.NodeError)
	switch {
	case errors.As(err, &refused) && refused.Proved && refused.Code == api.TaskNotFound:
		if u.f.otherGuest(u.run.Create) {
			if err := u.reorder(); err != nil {
				return task, err
			}
		}
		task, err = whenClear(ctx, wait, func(ctx context.Context) (api.Task, error) { return n.CreateTask(ctx, u.order()) })
		if err != nil {
			return task, fmt.Errorf("create a virtual machine: %w", err)
		}
		u.say("Creating:", "virtual machine "+id)
	case err != nil:
		return task, fmt.Errorf("virtual machine %s: %w", id, err)
	case u.f.otherGuest(u.run.Create):
		return task, u.errOtherWish()
	case slices.Contains(stopped, task.Status):
		if err := n.StartTask(ctx, id); err != nil {
			return task, fmt.Errorf("start virtual machine %s: %w", id, err)
		}
	}
	up := func(ctx context.Context) (api.Task, error) {
		return n.WaitTask(ctx, id, client.StatusRunning, wait.task)
	}
	if !u.mayCancel(r) {
		return up(ctx)
	}
	return trialWait{
		rental: func(ctx context.Context) (rental.Rental, error) { return c.Rental(ctx, u.run.RentID) }, wait: up,
		cancel: func(ctx context.Context) (market.Cancelled, error) { return u.cancelAs(ctx, rental.CAUSE_NOT_READY) },
	}.do(ctx)
}

// stopped are the states in which a virtual machine is at rest and may be started.
var stopped = []string{client.StatusClosed, client.StatusStartError, client.StatusShutdownError, client.StatusPoweroffError, client.StatusRestartError, client.StatusResetError}

// clear deletes a virtual machine that an earlier run could not have made, and waits
// until the machine has forgotten it: TaskNotFound, and the id may be used anew.
func (u *up) clear(ctx context.Context, n *client.Node, task api.Task, wait *waiting) error {
	if task.Status == client.StatusFailed {
		if err := n.DeleteTask(ctx, task.TaskID); err != nil {
			return err
		}
		u.say("Deleted:", "virtual machine "+task.TaskID+", which an earlier run could not have made")
	}
	_, err := n.WaitTask(ctx, task.TaskID, "deleted", wait.task)
	return err
}

func (u *up) cancelAs(ctx context.Context, cause rental.Cause) (done market.Cancelled, err error) {
	err = signing(ctx, u.s, u.cmd, func(_ *chain.Client, renter market.Renter) error {
		done, err = renter.Cancel(ctx, u.run.RentID, cause)
		return err
	})
	return done, err
}

// mayCancel reports whether a virtual machine that does not come up ends the trial: one
// that has run before has its renter's data.
func (u *up) mayCancel(r rental.Rental) bool {
	home, err := u.s.homeDir()
	return u.f.cancel && (err != nil || !hasRun(home, r))
}

// failed cancels a trial whose machine is the reason that there is no virtual machine.
// What the command line is the reason of, and a machine that only does not answer now,
// ends nothing: the same command goes on.
func (u *up) failed(ctx context.Context, c *chain.Client, err error) error {
	if ctx.Err() != nil {
		return err
	}
	r, lookErr := c.Rental(ctx, u.run.RentID)
	if lookErr != nil || !u.mayCancel(r) {
		return err
	}
	refused := new(client.NodeError)
	byMachine := errors.Is(err, client.ErrTask) || errors.As(err, &refused) && refused.Proved && refused.Retry == api.RetryNever && refused.Fault != api.FaultCaller && refused.Fault != ""
	switch {
	case r.State == rental.RENTAL_STATE_REFUNDED: // the wait for it cancelled it
		return &upFailed{err, market.Cancelled{RentID: r.Id, Refunded: r.Paid, FeeToPool: r.Fee}}
	case r.State != rental.RENTAL_STATE_TRIAL || !byMachine:
		return err
	}
	done, cancelErr := u.cancelAs(ctx, rental.CAUSE_NOT_READY)
	if cancelErr != nil {
		return errors.Join(err, cancelErr)
	}
	return &upFailed{err, done}
}

// look compares the virtual machine with the listing once.
func (u *up) look(ctx context.Context, at found, task api.Task) error {
	if !u.f.verify || u.run.Verified != "" && u.run.Verified != string(probe.Fail) {
		return nil
	}
	reply, err := lookInto(u.s, u.cmd, at, task, sshOrder{}, nil)
	if err != nil {
		if ctx.Err() != nil || !errors.Is(err, probe.ErrHere) {
			return err
		}
		fmt.Fprintf(u.cmd.ErrOrStderr(), "dbc: it could not be verified from here: %s\n", shorten(err.Error()))
		return nil
	}
	u.run.Verified = string(reply.Level)
	if err := u.keep(); err != nil {
		return err
	}
	u.say("Verified:", u.run.Verified+" (dbc vm verify "+u.name+" shows each part)")
	return nil
}
