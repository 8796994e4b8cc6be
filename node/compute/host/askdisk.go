package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
)

// AddDisk reserves a data disk of the given size and returns its name; the loop
// makes it and attaches it to the VM, at once or at its next start. Only the
// rental that made the task may ask, within its share.
func (h *Host) AddDisk(ctx context.Context, who trust.Caller, id string, gib uint64) (name string, err error) {
	err = h.askDisk(ctx, who, id, func(room diskRoom, t *journal.Task) error {
		if len(t.Disks.Data) >= MaxDisks {
			return refuse(ErrInvalid, "disk", len(t.Disks.Data)+1, fmt.Sprintf("%d data disks", MaxDisks), "resize one, or delete one first")
		}
		if gib == 0 || gib > room.gib {
			return refuse(ErrDisk, "size", gib, room.limit, room.remedy)
		}
		name = freeName(t.Disks.Data)
		t.Disks.Data = append(t.Disks.Data, journal.Disk{Name: name, Format: journal.Raw, GiB: gib, Doing: lifecycle.DiskAdding})
		return nil
	})
	return name, err
}

// ResizeDisk grows a data disk to the given size; disks never shrink.
func (h *Host) ResizeDisk(ctx context.Context, who trust.Caller, id, name string, gib uint64) error {
	return h.askDisk(ctx, who, id, func(room diskRoom, t *journal.Task) error {
		d, err := findDisk(t, name)
		if err != nil {
			return err
		}
		if gib <= d.GiB {
			return refuse(ErrInvalid, "size", gib, fmt.Sprintf("more than its %d GiB", d.GiB), "a disk only grows; add a smaller one and copy to it")
		}
		if gib-d.GiB > room.gib {
			return refuse(ErrDisk, "size", gib, fmt.Sprintf("its %d GiB and at most %s", d.GiB, room.limit), room.remedy)
		}
		d.WantGiB, d.Doing = gib, lifecycle.DiskResizing
		return nil
	})
}

// DeleteDisk deletes one data disk with all its data.
func (h *Host) DeleteDisk(ctx context.Context, who trust.Caller, id, name string) error {
	return h.askDisk(ctx, who, id, func(_ diskRoom, t *journal.Task) error {
		d, err := findDisk(t, name)
		if err != nil {
			return err
		}
		d.Doing = lifecycle.DiskDeleting
		return nil
	})
}

func oneOf(names []string) string {
	if len(names) == 0 {
		return "a data disk; it has none"
	}
	return "one of its data disks " + strings.Join(names, ", ")
}

func findDisk(t *journal.Task, name string) (*journal.Disk, error) {
	var names []string
	for i, d := range t.Disks.Data {
		if d.Name == name {
			return &t.Disks.Data[i], nil
		}
		names = append(names, d.Name)
	}
	return nil, refuse(ErrInvalid, "disk", name, oneOf(names), "the system disk goes with the VM")
}

// freeName returns the lowest name that no disk has.
func freeName(disks []journal.Disk) string {
	for c := firstDisk[2]; ; c++ {
		name := firstDisk[:2] + string(rune(c))
		if !slices.ContainsFunc(disks, func(d journal.Disk) bool { return d.Name == name }) {
			return name
		}
	}
}

// askDisk records a change of disks and what it reserves in one transaction.
func (h *Host) askDisk(
	ctx context.Context, who trust.Caller, id string, change func(room diskRoom, t *journal.Task) error,
) error {
	t, err := h.own(who, id)
	if err != nil {
		return err
	}
	listed, err := h.deps.Rentals.Facts(ctx)
	if err != nil {
		return fmt.Errorf("read the machine's listing: %w", err)
	}
	rental, open := h.deps.Rentals.Word().Open[t.Rental.ID]
	if !open {
		return refuse(ErrState, "task_id", id, "a VM of an open rental", "its rental is over")
	}
	share := CapacityOf(listed, h.cfg.Here).Share(len(rental.Slots))
	err = h.measured(ctx, func(r room) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		_, err := h.deps.Journal.Replan(id, func(others []journal.Task, t *journal.Task) error {
			if _, err := h.permit(*t, lifecycle.ChangeDisks); err != nil {
				return err
			}
			room, err := r.diskRoom(share, others, *t)
			if err != nil {
				return err
			}
			if err := change(room, t); err != nil {
				return err
			}
			t.Reserved.DiskGiB, t.Progress.Reason = t.Disks.GiB(), nil
			return nil
		})
		return err
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

// diskRoom is how many GiB more a VM may have, what limits it, and how to get more.
type diskRoom struct {
	gib           uint64
	limit, remedy string
}

// diskRoom returns the lesser of what is left of the share and what the disk can still
// promise. No kept disk is evicted for it: listings promise that for new VMs only.
func (r room) diskRoom(share Amount, others []journal.Task, t journal.Task) (diskRoom, error) {
	if err := r.check(others); err != nil {
		return diskRoom{}, err
	}
	own := []journal.Task{t}
	for _, other := range others {
		if other.Rental.ID == t.Rental.ID {
			own = append(own, other)
		}
	}
	left := share.left(used(own)).DiskGiB
	free, err := r.freeGiB(append(others, t), nil)
	if err != nil {
		return diskRoom{}, err
	}
	if left <= free {
		return diskRoom{left, fmt.Sprintf("%d GiB more, of the share's %d", left, share.DiskGiB), "ask for less"}, nil
	}
	remedy, err := r.moreRoom(free, append(others, t), t.Rental.Renter)
	return diskRoom{free, fmt.Sprintf("%d GiB more, which is the room on the host's disk", free), remedy}, err
}

// moreRoom says which kept disks take up room on a full disk, and who may free it: the
// renter by deleting their own, anybody by a new VM where the listing allows it.
func (r room) moreRoom(free uint64, all []journal.Task, renter string) (string, error) {
	remedy := "ask for less"
	kept := func(which func(journal.Task) bool) (list []journal.Task, gib uint64, err error) {
		list = slices.DeleteFunc(slices.Clone(all), func(t journal.Task) bool { return !isKept(t) || !which(t) })
		with, err := r.freeGiB(all, list)
		return list, with - min(with, free), err
	}
	mine, gib, err := kept(func(t journal.Task) bool { return t.Rental.Renter == renter })
	if err != nil {
		return "", err
	}
	if gib > 0 {
		ids := make([]string, len(mine))
		for i, t := range mine {
			ids[i] = t.ID
		}
		remedy += fmt.Sprintf(", or delete your kept disks (%s), which frees %d GiB", strings.Join(ids, ", "), gib)
	}
	_, gib, err = kept(func(t journal.Task) bool { return t.Keep.Evictable && t.Rental.Renter != renter })
	if err != nil {
		return "", err
	}
	if gib > 0 {
		remedy += fmt.Sprintf(", or create another VM with disk_size: other renters' kept disks make room (%d GiB) for a new VM only", gib)
	}
	return remedy, nil
}
