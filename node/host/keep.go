package host

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
	"github.com/dbc-network/dbc/node/notice"
)

// Disks outlive their rental in the folder of the task that made them. A later
// VM of the same renter may take that folder over; the old task stays in the
// journal, hidden, for as long as the new one is there, so that the disks go
// back to it where the new VM could not be made or its trial was refunded. Every
// change of hands is one transaction and moves no file.

// restoreGrace is the least that disks are kept after they were given back.
const restoreGrace = time.Hour

// isKept: the rental is over and only the disks are left.
func isKept(t journal.Task) bool {
	return t.Over != nil && t.Status == lifecycle.Closed && !t.KeepUntil.IsZero() && t.RestoredBy == ""
}

// keptFor finds the task whose disks an order wants back, and fills in what
// follows from it. Without such a wish it is nil.
func (h *Host) keptFor(o *Order) (*journal.Task, error) {
	if o.RestoreTaskID == "" {
		return nil, nil
	}
	t, err := h.deps.Journal.Task(o.RestoreTaskID)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	if err != nil || !restorable(t, o.Rental.Renter, time.Now()) {
		return nil, refuseRestore(o.RestoreTaskID)
	}
	if o.Image != "" && o.Image != t.Image {
		return nil, refuse(ErrInvalid, "image_name", o.Image, t.Image, "leave it out: the kept system disk is of that image")
	}
	if o.Boot != "" && o.Boot != BootOf(t) {
		return nil, refuse(ErrInvalid, "bios_mode", o.Boot, BootOf(t), "leave it out: the kept system disk boots by that")
	}
	if o.DataGiB != 0 {
		return nil, refuse(ErrInvalid, "disk_size", o.DataGiB, "none with restore_task_id", "leave it out: the data disk is the kept one")
	}
	o.Image = t.Image
	return &t, nil
}

func restorable(t journal.Task, renter string, now time.Time) bool {
	return t.Renter == renter && isKept(t) && now.Before(t.KeepUntil)
}

func refuseRestore(id string) error {
	return refuse(ErrNotFound, "restore_task_id", id, "a task of yours whose disks are kept", "list them with /tasks")
}

// inherit fills in what a task has from the kept one: its disks, and the host
// key by which the renter knows the guest.
func inherit(kept *journal.Task, t *journal.Task) {
	if kept == nil {
		return
	}
	t.RestoreFrom, t.KeptUntil = kept.ID, kept.KeepUntil
	t.DisksFrom = cmp.Or(kept.DisksFrom, kept.ID)
	t.SystemGiB, t.Disks, t.UEFI = kept.SystemGiB, slices.Clone(kept.Disks), kept.UEFI
	t.HostKey, t.HostKeyPublic = kept.HostKey, kept.HostKeyPublic
}

// takeOver hands the kept disks to t within the transaction that adds it: two
// creates can't both get them.
func (h *Host) takeOver(others []journal.Task, t *journal.Task) ([]journal.Task, error) {
	if t.RestoreFrom == "" {
		return nil, nil
	}
	i := slices.IndexFunc(others, func(o journal.Task) bool { return o.ID == t.RestoreFrom })
	if i < 0 || !restorable(others[i], t.Renter, time.Now()) {
		return nil, refuseRestore(t.RestoreFrom)
	}
	others[i].RestoredBy, others[i].Reserved = t.ID, journal.Reservation{}
	return []journal.Task{others[i]}, nil
}

// giveBack returns the disks to the task that kept them.
func (h *Host) giveBack(t journal.Task) error {
	err := h.deps.Journal.ChangeBoth(t.ID, t.RestoreFrom, func(t, kept *journal.Task) error {
		kept.RestoredBy = ""
		kept.Reserved.DiskGiB, kept.Disks = t.Reserved.DiskGiB, slices.Clone(t.Disks)
		kept.KeepUntil = later(kept.KeepUntil, time.Now().Add(restoreGrace))
		t.RestoreFrom, t.DisksFrom, t.GiveBack, t.Reserved.DiskGiB = "", "", false, 0
		return nil
	})
	if err != nil {
		return fmt.Errorf("give the kept disks back: %w", err)
	}
	h.deps.Log.Info("kept disks were given back to their task", "task_id", t.RestoreFrom, "from", t.ID)
	return nil
}

// condemn writes down that a task is being wiped, before anything is: nobody can
// take its disks over any more. Disks that another rental's promise still keeps
// are given back, unless the renter himself wants them gone.
func (h *Host) condemn(id string) error {
	_, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if t.RestoredBy != "" {
			return journal.ErrNotFound
		}
		if t.Status != lifecycle.Deleting && t.RestoreFrom != "" && time.Now().Before(t.KeptUntil) {
			t.GiveBack = true
		}
		t.Status = lifecycle.Deleting
		return nil
	})
	return err
}

// deleteKept is the renter's wish to have kept disks deleted before their time.
func (h *Host) deleteKept(id string) error {
	_, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if !isKept(*t) {
			return refuse(ErrState, "task_id", id, "a task whose disks are kept", "list them with /tasks")
		}
		t.Status, t.Reason = lifecycle.Deleting, nil
		return nil
	})
	if err != nil {
		return fmt.Errorf("write down the delete: %w", err)
	}
	h.kick(id)
	return nil
}

// missingGiB is what t's disks need beyond what the disk can still promise.
func (g ground) missingGiB(t journal.Task) uint64 {
	want := t.DiskGiB()
	want -= min(want, g.writtenGiB)
	return want - min(want, g.freeGiB)
}

// makeRoom measures the disk for t. Where t needs the room of kept disks and
// their listing said so, it names those that have to go: first the one whose
// rental ended first, and none where all of them together are not enough.
func (h *Host) makeRoom(g *ground, others []journal.Task, t journal.Task) ([]journal.Task, error) {
	g.writtenGiB = h.writtenGiB(t)
	full, err := h.freeGiB(others, nil)
	g.freeGiB = full
	if err != nil || g.missingGiB(t) == 0 {
		return nil, err
	}
	kept := slices.DeleteFunc(slices.Clone(others), func(o journal.Task) bool { return !isKept(o) || !o.Evictable })
	slices.SortFunc(kept, func(a, b journal.Task) int {
		return cmp.Or(a.Over.At.Compare(b.Over.At), cmp.Compare(a.ID, b.ID))
	})
	for i := range kept {
		kept[i].Status, kept[i].Reason = lifecycle.Deleting, notice.New(notice.Evicted)
		if g.freeGiB, err = h.freeGiB(others, kept[:i+1]); err != nil {
			return nil, err
		}
		if g.missingGiB(t) == 0 {
			return kept[:i+1], nil
		}
	}
	g.freeGiB = full
	return nil, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
