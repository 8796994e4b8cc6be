package host

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
)

// Tasks are the tasks of a wallet, oldest first, kept disks among them.
func (h *Host) Tasks(wallet string) ([]journal.Task, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	tasks = slices.DeleteFunc(tasks, func(t journal.Task) bool { return t.Renter != wallet || t.RestoredBy != "" })
	slices.SortFunc(tasks, func(a, b journal.Task) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return tasks, nil
}

// Keepers are the wallets whose disks are kept.
func (h *Host) Keepers() (map[string]bool, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	wallets := map[string]bool{}
	for _, t := range tasks {
		if !t.KeepUntil.IsZero() && t.RestoredBy == "" {
			wallets[t.Renter] = true
		}
	}
	return wallets, nil
}

// Task is one task of a wallet; another's is ErrNotFound, as if it were not there.
func (h *Host) Task(wallet, id string) (journal.Task, error) {
	t, err := h.deps.Journal.Task(id)
	if errors.Is(err, journal.ErrNotFound) || (err == nil && (t.Renter != wallet || t.RestoredBy != "")) {
		return journal.Task{}, refuse(ErrNotFound, "task_id", id, "a task of yours", "list them with /tasks")
	}
	if err != nil {
		return journal.Task{}, fmt.Errorf("read the journal: %w", err)
	}
	return t, nil
}

// Delete lets the loop stop a VM, delete its disks and give back all that it
// reserved. It obeys only the rental that made the task; kept disks obey any open
// rental of their renter.
func (h *Host) Delete(wallet string, rentals []uint64, id string) error {
	if t, err := h.Task(wallet, id); err == nil && isKept(t) {
		return h.deleteKept(id)
	}
	return h.ask(wallet, rentals, id, lifecycle.Delete, func(t *journal.Task) {
		t.GiveBack = false // as a create has written down that is being undone
	})
}

// Used is what tasks hold now, and how many slots.
func (h *Host) Used() (Amount, int, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return Amount{}, 0, fmt.Errorf("read the journal: %w", err)
	}
	slots := 0
	for _, t := range tasks {
		slots += len(t.Reserved.Slots)
	}
	return used(tasks), slots, nil
}
