package host

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/node/journal"
)

// AddDisk reserves a data disk of so many GiB and returns its name; the loop makes
// it and gives it to the VM, while it runs or with its next start. It obeys only
// the rental that made the task, and stays within its share.
func (h *Host) AddDisk(ctx context.Context, wallet string, rentals []uint64, id string, gib uint64) (name string, err error) {
	err = h.askDisk(ctx, wallet, rentals, id, func(room uint64, what string, t *journal.Task) error {
		if len(t.Disks) >= MaxDisks {
			return refuse(ErrInvalid, "disk", len(t.Disks)+1, fmt.Sprintf("%d data disks", MaxDisks), "resize one, or delete one first")
		}
		if gib == 0 || gib > room {
			return refuse(ErrDisk, "size", gib, what, "ask for less")
		}
		name = freeName(t.Disks)
		t.Disks = append(t.Disks, journal.Disk{Name: name, GiB: gib, Doing: journal.DiskAdding})
		return nil
	})
	return name, err
}

// ResizeDisk has a data disk grown to so many GiB: what is on it is never cut off.
func (h *Host) ResizeDisk(ctx context.Context, wallet string, rentals []uint64, id, name string, gib uint64) error {
	return h.askDisk(ctx, wallet, rentals, id, func(room uint64, what string, t *journal.Task) error {
		d, err := findDisk(t, name)
		if err != nil {
			return err
		}
		if gib <= d.GiB {
			return refuse(ErrInvalid, "size", gib, fmt.Sprintf("more than its %d GiB", d.GiB), "a disk only grows; add a smaller one and copy to it")
		}
		if gib-d.GiB > room {
			return refuse(ErrDisk, "size", gib, fmt.Sprintf("its %d GiB and at most %s", d.GiB, what), "ask for less")
		}
		d.WantGiB, d.Doing = gib, journal.DiskResizing
		return nil
	})
}

// DeleteDisk has one data disk deleted with all that is on it.
func (h *Host) DeleteDisk(ctx context.Context, wallet string, rentals []uint64, id, name string) error {
	return h.askDisk(ctx, wallet, rentals, id, func(_ uint64, _ string, t *journal.Task) error {
		d, err := findDisk(t, name)
		if err != nil {
			return err
		}
		d.Doing = journal.DiskDeleting
		return nil
	})
}

func findDisk(t *journal.Task, name string) (*journal.Disk, error) {
	var names []string
	for i, d := range t.Disks {
		if d.Name == name {
			return &t.Disks[i], nil
		}
		names = append(names, d.Name)
	}
	return nil, refuse(ErrInvalid, "disk", name, fmt.Sprintf("one of its data disks %q", names), "list them with /disk/list; the system disk goes with the VM")
}

// freeName is the lowest that no disk has.
func freeName(disks []journal.Disk) string {
	for c := firstDisk[2]; ; c++ {
		name := firstDisk[:2] + string(rune(c))
		if !slices.ContainsFunc(disks, func(d journal.Disk) bool { return d.Name == name }) {
			return name
		}
	}
}

// askDisk writes down a change of disks with what it reserves, in one transaction.
// room is how many GiB more the VM may have, and what says why no more.
func (h *Host) askDisk(
	ctx context.Context, wallet string, rentals []uint64, id string, change func(room uint64, what string, t *journal.Task) error,
) error {
	t, err := h.own(wallet, rentals, id)
	if err != nil {
		return err
	}
	listed, err := h.deps.Rentals.Facts(ctx)
	if err != nil {
		return fmt.Errorf("read the machine's listing: %w", err)
	}
	rental, open := h.deps.Rentals.Word().Open[t.RentID]
	if !open {
		return refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	share := CapacityOf(listed, h.cfg.Here).Share(len(rental.Slots))
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err = h.deps.Journal.Replan(id, func(others []journal.Task, t *journal.Task) error {
		if err := h.idle(*t); err != nil {
			return err
		}
		if t.Over != nil || !slices.Contains(atRest, t.Status) {
			return refuse(ErrState, "task_id", id, "a VM that was made, of an open rental", fmt.Sprintf("it is %s now", t.Status))
		}
		room, what, err := h.diskRoom(share, others, *t)
		if err != nil {
			return err
		}
		if err := change(room, what, t); err != nil {
			return err
		}
		t.Reserved.DiskGiB, t.Reason = t.DiskGiB(), ""
		return nil
	})
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		return refusal
	}
	if err != nil {
		return fmt.Errorf("write down the change: %w", err)
	}
	h.kick(id)
	return nil
}

// diskRoom is the less of what is left of the share and what the disk can still
// promise.
func (h *Host) diskRoom(share Amount, others []journal.Task, t journal.Task) (room uint64, what string, err error) {
	own := []journal.Task{t}
	for _, other := range others {
		if other.RentID == t.RentID {
			own = append(own, other)
		}
	}
	left := share.left(used(own)).DiskGiB
	free, err := h.freeGiB(append(others, t), nil)
	if err != nil {
		return 0, "", err
	}
	if free < left {
		return free, fmt.Sprintf("%d GiB more, which is the room on the host's disk", free), nil
	}
	return left, fmt.Sprintf("%d GiB more, of the share's %d", left, share.DiskGiB), nil
}
