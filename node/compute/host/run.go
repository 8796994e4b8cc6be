package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

// Run runs the loop until ctx is done, then waits for the operations, which
// stop between two steps. VMs keep running.
func (h *Host) Run(ctx context.Context) error {
	if err := h.deps.Net.Ensure(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return fmt.Errorf("prepare the guests' network: %w", err)
	}
	defer h.all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events, err := h.deps.Driver.Watch(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("watch the hypervisor: %w", err)
	}
	ticker := time.NewTicker(h.cfg.Period)
	defer ticker.Stop()
	wakes := h.deps.Wakes
	h.tellStrays(ctx)
	h.Reconcile(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-h.kicks:
			h.look(ctx, id)
			continue
		case _, ok := <-wakes:
			if !ok {
				wakes = nil
			}
		case _, ok := <-events:
			if !ok {
				events = nil
			}
		case <-ticker.C:
		}
		h.Reconcile(ctx)
	}
}

// Reconcile compares chain, hypervisor and journal once. It starts what has to
// be done and does not wait for it.
func (h *Host) Reconcile(ctx context.Context) {
	began := time.Now()
	err := h.compare(ctx)
	if h.deps.Observer != nil && ctx.Err() == nil {
		h.deps.Observer.Reconciled(time.Since(began), err)
	}
}

func (h *Host) compare(ctx context.Context) error {
	h.deps.Rentals.Refresh(ctx)
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		h.deps.Log.Error("the journal can't be read", "error", err)
		return err
	}
	for i, t := range tasks {
		tasks[i] = h.hear(ctx, t)
	}
	h.trimConsoles(ctx, tasks)
	h.applyNetwork(ctx)
	domains, err := h.deps.Driver.List(ctx)
	h.tellReached(ctx, err)
	if err != nil {
		return err
	}
	byID := map[vm.UUID]vm.Domain{}
	for _, d := range domains {
		byID[d.UUID] = d
	}
	for _, t := range tasks {
		if t.Keep.LentTo != "" {
			continue // the VM belongs to the other task, which has the same identity
		}
		d, found := byID[t.Identity.UUID]
		delete(byID, t.Identity.UUID)
		h.act(ctx, t, d, found)
	}
	for _, d := range byID {
		h.adoptOrphan(ctx, d)
	}
	return nil
}

// look is Reconcile for one task, on what the chain said last.
func (h *Host) look(ctx context.Context, id string) {
	t, err := h.deps.Journal.Task(id)
	if err != nil {
		return // deleted meanwhile
	}
	d, err := h.deps.Driver.Get(ctx, t.Identity.UUID)
	if err != nil && !errors.Is(err, vm.ErrNotFound) {
		return // the next pass logs it
	}
	h.act(ctx, t, d, err == nil)
}

func (h *Host) act(ctx context.Context, t journal.Task, d vm.Domain, found bool) {
	next := lifecycle.Next(observed{
		task: t, standing: h.standing(t), found: found, domain: d,
		now: time.Now(), doubt: h.deps.Rentals.Word().Doubt != nil,
	}.view())
	if next != lifecycle.Nothing {
		h.launch(ctx, t.ID, next)
	}
}

func (h *Host) standing(t journal.Task) lifecycle.Standing {
	if t.Rental.Over != nil {
		return lifecycle.Over
	}
	word := h.deps.Rentals.Word()
	if r, ok := word.Open[t.Rental.ID]; ok && word.Doubt == nil && r.Renter == t.Rental.Renter {
		return lifecycle.Open
	}
	return lifecycle.InDoubt
}

// hear records what the chain says of the task's rental. What could not be
// written is read again in the next pass.
func (h *Host) hear(ctx context.Context, t journal.Task) journal.Task {
	word := h.deps.Rentals.Word()
	if word.Doubt != nil || t.Rental.Over != nil {
		return t
	}
	r, open := word.Open[t.Rental.ID]
	if open && r.End.Equal(t.Rental.End) && r.ConfirmBy().Equal(t.Rental.ConfirmBy) {
		return t
	}
	change := func(t *journal.Task) error { t.Rental.End, t.Rental.ConfirmBy = r.End, r.ConfirmBy(); return nil }
	if !open {
		over, err := h.deps.Rentals.Over(ctx, t.Rental.ID)
		if err != nil {
			h.deps.Log.Warn("how a rental ended is not known yet", "rent_id", t.Rental.ID, "error", err)
			return t
		}
		h.deps.Log.Info("a rental is over", "rent_id", t.Rental.ID, "task_id", t.ID, "refunded", over.Refunded)
		change = func(t *journal.Task) error {
			t.Rental.Over = &over
			if !over.End.IsZero() {
				t.Rental.End = over.End
			}
			return nil
		}
	}
	changed, err := h.deps.Journal.Change(t.ID, change)
	if errors.Is(err, journal.ErrNotFound) {
		return t // deleted meanwhile; act finds nothing to do either
	}
	if err != nil {
		h.deps.Log.Error("the journal can't be written", "task_id", t.ID, "error", err)
		return t
	}
	return changed
}

// tellReached logs when the hypervisor is lost and when it is back.
func (h *Host) tellReached(ctx context.Context, err error) {
	if ctx.Err() != nil || (err == nil) == h.reached {
		return
	}
	if h.reached = err == nil; h.reached {
		h.deps.Log.Info("the hypervisor answers again")
		return
	}
	h.deps.Log.Error("the hypervisor does not answer; VMs are left as they are", "error", err)
}

// adoptOrphan handles a domain of ours that no task has: it is removed where the
// chain says that its rental is not open. Otherwise it may hold somebody's data,
// and a person has to look.
func (h *Host) adoptOrphan(ctx context.Context, d vm.Domain) {
	id, ours := h.cfg.Binding.Rental(d.Name)
	word := h.deps.Rentals.Word()
	if !ours || word.Doubt != nil {
		return
	}
	if _, open := word.Open[id]; open {
		if !h.orphans[d.UUID] {
			h.orphans[d.UUID] = true
			h.deps.Log.Warn("a domain of an open rental is in no journal and is left alone", "domain", d.Name, "rent_id", id)
		}
		return
	}
	// A create between its journal entry and this list would look the same:
	// ask the journal again, which knows every task before its domain.
	if tasks, err := h.deps.Journal.Tasks(); err != nil || hasDomain(tasks, d.UUID) {
		return
	}
	err := h.deps.Driver.Stop(ctx, d.UUID)
	if err == nil {
		err = h.deps.Driver.Undefine(ctx, d.UUID)
	}
	h.deps.Log.Warn("removed a domain that no task has", "domain", d.Name, "rent_id", id, "error", err)
}

func hasDomain(tasks []journal.Task, id vm.UUID) bool {
	for _, t := range tasks {
		if t.Identity.UUID == id {
			return true
		}
	}
	return false
}
