package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/vm"
)

const (
	// MaxDisks is how many data disks a VM may have.
	MaxDisks = 8
	// firstDisk is the name of the first data disk; the last one is vdy.
	firstDisk = "vdb"
)

// changesDisk reports whether a change of a disk is recorded and not done yet.
func changesDisk(t journal.Task) bool {
	return slices.ContainsFunc(t.Disks.Data, func(d journal.Disk) bool { return d.Doing != "" })
}

// dataDisks names the disks that a VM starts with: one that is being added or
// deleted is attached or detached afterwards.
func dataDisks(t journal.Task) []string {
	var list []string
	for _, d := range t.Disks.Data {
		if d.Doing != lifecycle.DiskAdding && d.Doing != lifecycle.DiskDeleting {
			list = append(list, d.Name)
		}
	}
	return list
}

// makeDisk makes a disk of zeros, or grows an existing one; it never shrinks it.
func (h *Host) makeDisk(ctx context.Context, t journal.Task, d journal.Disk) error {
	return h.deps.Files.SizeDisk(ctx, folder(t), d.Name, max(d.GiB, d.WantGiB), true)
}

// arrange makes the recorded changes. After a kill at any line each can be
// repeated: what is already done is no error.
func (h *Host) arrange(ctx context.Context, t journal.Task) error {
	for _, d := range t.Disks.Data {
		var err error
		switch d.Doing {
		case lifecycle.DiskAdding:
			err = h.addDisk(ctx, t, d)
		case lifecycle.DiskResizing:
			err = h.growDisk(ctx, t, d)
		case lifecycle.DiskDeleting:
			err = h.deleteDisk(ctx, t, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) addDisk(ctx context.Context, t journal.Task, d journal.Disk) error {
	err := h.makeDisk(ctx, t, d)
	if err == nil {
		err = ifRunning(h.deps.Driver.Attach(ctx, t.Identity.UUID, d.Name))
	}
	switch {
	case err == nil:
		return h.settleDisk(t.ID, d.Name, nil, func(d *journal.Disk) { d.Doing = "" })
	case transient(ctx, err):
		return fmt.Errorf("add disk %s: %w", d.Name, err)
	}
	if gone := h.removeDisk(ctx, t, d); gone != nil {
		return errors.Join(err, gone) // tried again: the reservation is not forgotten
	}
	return errors.Join(err, h.settleDisk(t.ID, d.Name, notice.Failed(notice.DiskAddFailed, err, notice.Disk, d.Name), nil))
}

func (h *Host) growDisk(ctx context.Context, t journal.Task, d journal.Disk) error {
	err := h.deps.Driver.Grow(ctx, t.Identity.UUID, d.Name, d.WantGiB<<30)
	if ifRunning(err) == nil && err != nil { // the VM is off
		// A lost disk is not replaced by one of zeros.
		err = h.deps.Files.SizeDisk(ctx, folder(t), d.Name, d.WantGiB, false)
	}
	switch {
	case err == nil:
		return h.settleDisk(t.ID, d.Name, nil, func(d *journal.Disk) { d.GiB, d.WantGiB, d.Doing = d.WantGiB, 0, "" })
	case transient(ctx, err):
		return fmt.Errorf("grow disk %s: %w", d.Name, err)
	}
	// The emulator may have grown the file before it failed. Growing it again is
	// safe, and ensures that a disk is never larger than what is reserved for it.
	sized := h.deps.Files.SizeDisk(ctx, folder(t), d.Name, d.WantGiB, false)
	if sized != nil && transient(ctx, sized) {
		return fmt.Errorf("grow disk %s: %w", d.Name, sized)
	}
	if sized == nil {
		reason := notice.Failed(notice.DiskResizedLater, err, notice.Disk, d.Name, notice.GiB, strconv.FormatUint(d.WantGiB, 10))
		return errors.Join(err, h.settleDisk(t.ID, d.Name, reason, func(d *journal.Disk) { d.GiB, d.WantGiB, d.Doing = d.WantGiB, 0, "" }))
	}
	return errors.Join(err, h.settleDisk(t.ID, d.Name, notice.Failed(notice.DiskResizeFailed, err, notice.Disk, d.Name),
		func(d *journal.Disk) { d.WantGiB, d.Doing = 0, "" }))
}

func (h *Host) deleteDisk(ctx context.Context, t journal.Task, d journal.Disk) error {
	err := h.removeDisk(ctx, t, d)
	switch {
	case err == nil:
		return h.settleDisk(t.ID, d.Name, nil, nil)
	case transient(ctx, err):
		return fmt.Errorf("delete disk %s: %w", d.Name, err)
	}
	code := notice.DiskDeleteFailed
	if errors.Is(err, vm.ErrHeld) {
		code = notice.DiskHeld
	}
	return errors.Join(err, h.settleDisk(t.ID, d.Name, notice.Failed(code, err, notice.Disk, d.Name), func(d *journal.Disk) { d.Doing = "" }))
}

// removeDisk detaches a disk from the guest before its file is deleted.
func (h *Host) removeDisk(ctx context.Context, t journal.Task, d journal.Disk) error {
	if err := ifRunning(h.deps.Driver.Detach(ctx, t.Identity.UUID, d.Name)); err != nil {
		return fmt.Errorf("detach: %w", err)
	}
	return h.deps.Files.RemoveDisk(ctx, folder(t), d.Name)
}

// ifRunning ignores errors for a VM that is off: it gets its disks at its next start.
func ifRunning(err error) error {
	if errors.Is(err, vm.ErrNotRunning) || errors.Is(err, vm.ErrNotFound) {
		return nil
	}
	return err
}

// settleDisk records how a change ended and what is reserved from now on; a nil
// change forgets the disk.
func (h *Host) settleDisk(id, name string, reason *notice.Reason, change func(*journal.Disk)) error {
	return h.set(id, func(t *journal.Task) {
		i := slices.IndexFunc(t.Disks.Data, func(d journal.Disk) bool { return d.Name == name })
		if i < 0 {
			return
		}
		if change == nil {
			t.Disks.Data = slices.Delete(t.Disks.Data, i, i+1)
		} else {
			change(&t.Disks.Data[i])
		}
		t.Reserved.DiskGiB, t.Progress.Reason = t.Disks.GiB(), reason
	})
}
