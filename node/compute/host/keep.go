package host

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/names"
)

// Disks outlive their rental in the folder of the task that made them. A later
// VM of the same renter may take that folder over; the old task stays in the
// journal, hidden, for as long as the new one exists, so that the disks return
// to it if the new VM can't be made or its trial is refunded. Every handover is
// one transaction and moves no file.

// restoreGrace is how long disks are kept at least after they were given back.
const restoreGrace = time.Hour

// isKept reports whether the rental is over and only the disks are left.
func isKept(t journal.Task) bool {
	return t.Rental.Over != nil && t.Progress.State == lifecycle.Closed && !t.Keep.Until.IsZero() && t.Keep.LentTo == ""
}

// keptFor returns the task whose disks an order wants back, and fills in what
// follows from it. It returns nil where the order wants none.
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
	if o.Image != "" && o.Image != t.Disks.Image.Name {
		return nil, refuse(ErrInvalid, "image_name", o.Image, t.Disks.Image.Name, "leave it out: the kept system disk is of that image")
	}
	if o.Firmware != "" && BiosMode(o.Firmware) != BiosMode(t.Disks.Firmware) {
		return nil, refuse(ErrInvalid, "bios_mode", BiosMode(o.Firmware), string(BiosMode(t.Disks.Firmware)), "leave it out: the kept system disk boots by that")
	}
	if o.DataGiB != 0 {
		return nil, refuse(ErrInvalid, "disk_size", o.DataGiB, "none with restore_task_id", "leave it out: the data disk is the kept one")
	}
	o.Image = t.Disks.Image.Name
	return &t, nil
}

func restorable(t journal.Task, renter string, now time.Time) bool {
	return t.Rental.Renter == renter && isKept(t) && now.Before(t.Keep.Until)
}

func refuseRestore(id string) error {
	return refuse(ErrNotFound, "restore_task_id", id, "a task of yours whose disks are kept", "the list of tasks shows them")
}

// inherit fills in what a task takes over from the kept one: its disks, and the
// identity by which its renter, its guest and the guest's software know the VM. It
// keeps the address, too, where that is still free.
func inherit(kept *journal.Task, t *journal.Task) {
	if kept == nil {
		return
	}
	t.Restored.From, t.Restored.Until = kept.ID, kept.Keep.Until
	t.Disks = kept.Disks.Clone()
	if kept.Keep.Rename {
		t.Identity.HostKey, t.Identity.HostKeyPublic = kept.Identity.HostKey, kept.Identity.HostKeyPublic
		return
	}
	t.Identity, t.Network.Addr = kept.Identity.Clone(), kept.Network.Addr
}

// settleInstance leaves a guest alone that already knows its login and its address.
// Any other has to be set up afresh, which takes a new instance id.
func settleInstance(b names.Binding, kept *journal.Task, t *journal.Task) {
	if kept == nil {
		return
	}
	knows := t.Identity.InstanceID != "" && t.Network.Addr == kept.Network.Addr &&
		len(t.Login.AuthorizedKeys) > 0 && slices.Equal(t.Login.AuthorizedKeys, kept.Login.AuthorizedKeys)
	if !knows {
		t.Identity.InstanceID = string(b.VM(t.Rental.ID, t.ID).UUID)
	}
}

// takeOver hands the kept disks to t within the transaction that adds it, so
// that two creates can't both get them.
func (h *Host) takeOver(others []journal.Task, t *journal.Task) ([]journal.Task, error) {
	if t.Restored.From == "" {
		return nil, nil
	}
	i := slices.IndexFunc(others, func(o journal.Task) bool { return o.ID == t.Restored.From })
	if i < 0 || !restorable(others[i], t.Rental.Renter, time.Now()) {
		return nil, refuseRestore(t.Restored.From)
	}
	others[i].Keep.LentTo, others[i].Reserved = t.ID, journal.Reservation{}
	return []journal.Task{others[i]}, nil
}

// giveBack returns the disks to the task that kept them.
func (h *Host) giveBack(t journal.Task) error {
	err := h.deps.Journal.ChangeBoth(t.ID, t.Restored.From, func(t, kept *journal.Task) error {
		kept.Keep.LentTo, kept.Identity = "", t.Identity.Clone()
		kept.Identity.InstanceID = "" // the guest may or may not have been set up with the other one
		kept.Reserved.DiskGiB, kept.Disks = t.Reserved.DiskGiB, t.Disks.Clone()
		kept.Keep.Until = later(kept.Keep.Until, time.Now().Add(restoreGrace))
		t.Restored.From, t.Disks.Folder, t.Restored.GiveBack, t.Reserved.DiskGiB = "", t.ID, false, 0
		return nil
	})
	if err != nil {
		return fmt.Errorf("give the kept disks back: %w", err)
	}
	h.deps.Log.Info("kept disks were given back to their task", "task_id", t.Restored.From, "from", t.ID)
	return nil
}

// condemn records that a task is being wiped before anything is wiped: nobody
// can take over its disks any more. Disks that are still promised to another
// rental are given back, unless the renter wants them deleted.
func (h *Host) condemn(id string) error {
	_, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if t.Keep.LentTo != "" {
			return journal.ErrNotFound
		}
		if t.Progress.State != lifecycle.Deleting && t.Restored.From != "" && time.Now().Before(t.Restored.Until) {
			t.Restored.GiveBack = true
		}
		t.Progress.State = lifecycle.Deleting
		return nil
	})
	return err
}

// deleteKept records the renter's wish to delete kept disks before their time.
func (h *Host) deleteKept(id string) error {
	_, err := h.deps.Journal.Change(id, func(t *journal.Task) error {
		if !isKept(*t) {
			return refuse(ErrState, "task_id", id, "a task whose disks are kept", "the list of tasks shows them")
		}
		t.Progress.State, t.Progress.Reason = lifecycle.Deleting, nil
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
	want := t.Disks.GiB()
	want -= min(want, g.writtenGiB)
	return want - min(want, g.freeGiB)
}

// makeRoom measures the disk for t. Where t needs the room of kept disks and their listing
// allows eviction, it returns those that have to go, the one whose rental ended first
// coming first; none where all of them together are not enough.
func (r room) makeRoom(g *ground, others []journal.Task, t journal.Task) ([]journal.Task, error) {
	if err := r.check(others); err != nil {
		return nil, err
	}
	g.writtenGiB = r.written(t)
	full, err := r.freeGiB(others, nil)
	g.freeGiB = full
	if err != nil || g.missingGiB(t) == 0 {
		return nil, err
	}
	kept := slices.DeleteFunc(slices.Clone(others), func(o journal.Task) bool { return !isKept(o) || !o.Keep.Evictable })
	slices.SortFunc(kept, func(a, b journal.Task) int {
		return cmp.Or(a.Rental.Over.At.Compare(b.Rental.Over.At), cmp.Compare(a.ID, b.ID))
	})
	for i := range kept {
		kept[i].Progress.State, kept[i].Progress.Reason = lifecycle.Deleting, notice.New(notice.Evicted)
		if g.freeGiB, err = r.freeGiB(others, kept[:i+1]); err != nil {
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
