package host

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

// Tasks returns the tasks of a wallet, oldest first, including kept disks.
func (h *Host) Tasks(wallet string) ([]journal.Task, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	tasks = slices.DeleteFunc(tasks, func(t journal.Task) bool { return t.Rental.Renter != wallet || t.Keep.LentTo != "" })
	slices.SortFunc(tasks, func(a, b journal.Task) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return tasks, nil
}

// Keepers returns the wallets whose disks are kept.
func (h *Host) Keepers() (map[string]bool, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	wallets := map[string]bool{}
	for _, t := range tasks {
		if !t.Keep.Until.IsZero() && t.Keep.LentTo == "" {
			wallets[t.Rental.Renter] = true
		}
	}
	return wallets, nil
}

// Task returns one task of a wallet; another wallet's is ErrNotFound, as if it did not
// exist.
func (h *Host) Task(wallet, id string) (journal.Task, error) {
	t, err := h.deps.Journal.Task(id)
	if errors.Is(err, journal.ErrNotFound) || (err == nil && (t.Rental.Renter != wallet || t.Keep.LentTo != "")) {
		return journal.Task{}, refuse(ErrNotFound, "task_id", id, "a task of yours", "the list of tasks shows them")
	}
	if err != nil {
		return journal.Task{}, fmt.Errorf("read the journal: %w", err)
	}
	return t, nil
}

// Changed returns a channel that is closed when a task is written next.
func (h *Host) Changed() <-chan struct{} { return h.deps.Journal.Changed() }

// Delete lets the loop stop a VM, delete its disks and free all that it reserved.
// Only the rental that made the task may ask; for kept disks any open rental of
// their renter may.
func (h *Host) Delete(who trust.Caller, id string) error {
	if t, err := h.Task(who.Wallet(), id); err == nil && isKept(t) {
		return h.deleteKept(id)
	}
	return h.ask(who, id, lifecycle.Delete, func(t *journal.Task) {
		t.Restored.GiveBack = false // recorded as for a create that is being undone
	})
}

// Used returns what tasks hold now, and which slots, ascending.
func (h *Host) Used() (Amount, []uint32, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return Amount{}, nil, fmt.Errorf("read the journal: %w", err)
	}
	var slots []uint32
	for _, t := range tasks {
		slots = append(slots, t.Reserved.Slots...)
	}
	slices.Sort(slots)
	return used(tasks), slices.Compact(slots), nil
}
