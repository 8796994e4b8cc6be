package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/taskdir"
)

// room is what VMs take up on the disk, measured before a transaction of the journal:
// the privileged side may be another process, for which no transaction waits.
type room struct {
	host *Host
	// stored is by task. What could not be measured counts as nothing, so that all that
	// was promised is still to come; a task that came later is missing.
	stored map[string]taskdir.Stored
	// last says that no other measurement follows: a task that is missing counts as nothing.
	last bool
}

// maxMeasurements bounds the transactions that find a task which was not measured.
const maxMeasurements = 3

// errUnmeasured means that a task came after the measurement.
var errUnmeasured = errors.New("the disk was measured before the last task came")

// measured calls do with the room, and again, maxMeasurements times in all, where a task
// came meanwhile.
func (h *Host) measured(ctx context.Context, do func(r room) error) error {
	for n := 1; ; n++ {
		r, err := h.measure(ctx)
		if err != nil {
			return err
		}
		r.last = n == maxMeasurements
		if err := do(r); !errors.Is(err, errUnmeasured) {
			return err
		}
	}
}

// measure asks for all VMs within lookLimit.
func (h *Host) measure(ctx context.Context) (room, error) {
	tasks, err := h.deps.Journal.Tasks()
	if err != nil {
		return room{}, fmt.Errorf("read the journal: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	r := room{host: h, stored: map[string]taskdir.Stored{}}
	for _, t := range tasks {
		stored, err := h.deps.Files.Stored(ctx, folder(t))
		if err != nil {
			stored = taskdir.Stored{}
		}
		r.stored[t.ID] = stored
	}
	return r, nil
}

// check returns errUnmeasured if one of the tasks came after the measurement.
func (r room) check(tasks []journal.Task) error {
	unknown := func(t journal.Task) bool { _, ok := r.stored[t.ID]; return !ok }
	if !r.last && slices.ContainsFunc(tasks, unknown) {
		return errUnmeasured
	}
	return nil
}

// written returns the GiB that a task's disks have of what was promised to them. A new
// task that restores disks has those of the task that kept them.
func (r room) written(t journal.Task) uint64 {
	stored, ok := r.stored[t.ID]
	if !ok && t.Restored.From != "" {
		stored = r.stored[t.Restored.From]
	}
	return stored.Disks >> 30
}

// freeGiB is what the disk can still promise: its free space, less what other tasks were
// promised and have not written yet, plus all that is stored for the leaving ones.
func (r room) freeGiB(others, leaving []journal.Task) (uint64, error) {
	free, err := r.host.deps.Computer.FreeGiB(r.host.cfg.DataDir)
	if err != nil {
		return 0, fmt.Errorf("read the room on the disk: %w", err)
	}
	var promised, released uint64
	for _, t := range others {
		if slices.ContainsFunc(leaving, func(l journal.Task) bool { return l.ID == t.ID }) {
			released += r.stored[t.ID].All
			continue
		}
		promised += t.Reserved.DiskGiB - min(t.Reserved.DiskGiB, r.written(t))
	}
	free += released >> 30
	return free - min(free, promised), nil
}
