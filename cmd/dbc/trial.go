package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// causeLimit is how long a machine may take to tell what ran on it.
const causeLimit = 10 * time.Second

// causeOf returns the cause of a cancellation that names none: from what the machine says
// about the rental's virtual machines, in time for the trial's deadline.
func causeOf(s *settings, cmd *cobra.Command, c *chain.Client, w *market.Wallet, id uint64) (rental.Cause, error) {
	r, err := c.Rental(cmd.Context(), id)
	if err != nil {
		return rental.CauseNone, err
	}
	if r.State != xrental.RENTAL_STATE_TRIAL || r.Renter != w.Address() {
		return rental.CauseNone, nil // the chain refuses it, or an earlier transaction is settled first
	}
	ctx, stop := context.WithTimeout(cmd.Context(), min(causeLimit, time.Until(r.Deadline)/4))
	defer stop()
	wait := newWaiting(s, cmd)
	defer wait.end()
	wait.say("asking the machine what ran in the rental")
	n, err := s.machine(ctx, w, r.MachineId)
	if err != nil {
		return rental.CauseNone, err
	}
	tasks, err := n.Tasks(ctx)
	if gone := context.Cause(cmd.Context()); gone != nil {
		return rental.CauseNone, fmt.Errorf("ask the machine what ran in rental %d; nothing was sent: %w", id, gone)
	}
	cause := causeBy(tasks, err, id)
	if home, err := s.homeDir(); err == nil && cause == rental.CauseNotReady && hasRun(home, r) {
		cause = rental.CauseChangedMind // it was deleted since
	}
	return cause, nil
}

// causeBy derives the cause from a machine's list of virtual machines, or from
// its failing to give one. A refusal that the machine signed proves that it is
// there, and that nothing of the rental runs.
func causeBy(tasks []api.TaskSummary, err error, id uint64) rental.Cause {
	var refused *client.NodeError
	switch {
	case err == nil && client.CameUp(tasks, id):
		return rental.CauseChangedMind
	case err == nil, errors.As(err, &refused) && refused.Proved:
		return rental.CauseNotReady
	}
	return rental.CauseUnreachable
}

// trialWait waits for a virtual machine of a rental. If the rental is on trial
// and its deadline comes near, the trial is cancelled as not ready: at the
// deadline half of the fee would be the host's.
type trialWait struct {
	rental func(context.Context) (xrental.Rental, error)
	wait   func(context.Context) (api.Task, error)
	cancel func(context.Context) (market.Cancelled, error)
}

// marginOf returns how long before its deadline a trial is cancelled: blocks have to
// include it.
func marginOf(r xrental.Rental) time.Duration {
	return max(10*time.Second, r.Deadline.Sub(r.Start)/20)
}

var errNotUp = errors.New("the deadline is near")

func (t trialWait) do(ctx context.Context) (api.Task, error) {
	r, err := t.rental(ctx)
	for {
		mark := r.Deadline.Add(-marginOf(r))
		if err != nil || r.State != xrental.RENTAL_STATE_TRIAL || !time.Now().Before(mark) {
			return t.wait(ctx)
		}
		until, stop := context.WithDeadlineCause(ctx, mark, errNotUp)
		task, failed := t.wait(until)
		near := errors.Is(context.Cause(until), errNotUp)
		stop()
		if failed == nil || !near || ctx.Err() != nil {
			return task, failed
		}
		deadline := r.Deadline
		if r, err = t.rental(ctx); err != nil {
			return task, err
		}
		if r.State != xrental.RENTAL_STATE_TRIAL || r.Deadline.After(deadline) {
			continue // confirmed meanwhile, or a halt moved the deadline
		}
		done, err := t.cancel(ctx)
		if err != nil {
			return task, fmt.Errorf("the trial's deadline is near and the virtual machine not up (it is %.64q): %w", client.Printable(task.Status), err)
		}
		return task, fmt.Errorf("%w: it was not up (it is %.64q) when the deadline of the trial came near, so rental %d was cancelled as not-ready; %s came back",
			client.ErrTask, client.Printable(task.Status), r.Id, client.FormatDBC(done.Refunded))
	}
}

// inTrial returns the wait for a virtual machine of a wallet's rental.
func inTrial(s *settings, cmd *cobra.Command, c *chain.Client, id uint64, wait func(context.Context) (api.Task, error)) trialWait {
	return trialWait{
		rental: func(ctx context.Context) (xrental.Rental, error) { return c.Rental(ctx, id) },
		wait:   wait,
		cancel: func(ctx context.Context) (market.Cancelled, error) {
			renter, _, err := s.renter(cmd)
			if err != nil {
				return market.Cancelled{}, err
			}
			return renter.Cancel(ctx, id, xrental.CAUSE_NOT_READY)
		},
	}
}
