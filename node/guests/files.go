package guests

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
)

// alone does something with a folder, in turn.
func (l *Local) alone(ctx context.Context, folder string, do func() error) error {
	done, err := l.turns.Take(ctx, folder)
	if err != nil {
		return err
	}
	defer done()
	return do()
}

// MakeSystem records whose VM it is, and makes its folder and system disk.
func (l *Local) MakeSystem(ctx context.Context, folder string, claim Claim, img string, gib uint64) error {
	return l.alone(ctx, folder, func() error {
		base, err := l.images.Find(ctx, img)
		if err != nil {
			return fmt.Errorf("find the image: %w", err)
		}
		if err := checkSize(gib); err != nil {
			return err
		}
		if size := int64(gib) << 30; size < base.VirtualSize { // before anything is recorded
			return fmt.Errorf("%w: size %d bytes, image %s needs %d", image.ErrTooSmall, size, img, base.VirtualSize)
		}
		claim.TaskID = folder
		if err := l.claimNew(ctx, folder, img, claim, gib); err != nil {
			return err
		}
		select {
		case l.making <- struct{}{}:
			defer func() { <-l.making }()
		case <-ctx.Done():
			return ctx.Err()
		}
		return l.files.MakeSystem(ctx, folder, base, gib)
	})
}

// TakeOver gives kept disks to another VM of their renter. Repeated, it is done.
func (l *Local) TakeOver(ctx context.Context, folder string, claim Claim) error {
	if err := checkTask(claim.TaskID); err != nil {
		return err
	}
	return l.alone(ctx, folder, func() error {
		r, err := l.recorded(folder)
		if err != nil {
			return err
		}
		if r.Holder.TaskID != claim.TaskID || r.Holder.RentID != claim.RentID {
			if err := l.gone(ctx, r.VM.UUID); err != nil {
				return err
			}
			if _, err := l.records.Change(r.Folder, func(r *record.Record, _ bool) error { return l.takeOver(r, claim) }); err != nil {
				return err
			}
		}
		return l.files.FindSystem(folder)
	})
}

// Wipe deletes the files of a VM that is not defined any more, and then its record. It
// is the one step that makes a VM's data go.
func (l *Local) Wipe(ctx context.Context, folder string) (wiped taskdir.Wiped, err error) {
	if err := taskdir.CheckFolder(folder); err != nil {
		return wiped, err
	}
	err = l.alone(ctx, folder, func() error {
		r, err := l.records.Get(folder)
		if err == nil {
			err = l.gone(ctx, r.VM.UUID)
		}
		if err != nil && !errors.Is(err, record.ErrUnknown) {
			return err
		}
		wiped, err = wipe(ctx, l.records, l.files, folder)
		return err
	})
	return wiped, err
}

// wipe records that a folder is being deleted, deletes it, and forgets it: what is left
// after a kill is nobody's to take.
func wipe(ctx context.Context, records *record.Store, files *taskdir.Store, folder string) (taskdir.Wiped, error) {
	_, err := records.Change(folder, func(r *record.Record, known bool) error {
		if !known {
			return record.ErrUnknown
		}
		r.Removing = true
		return nil
	})
	if err != nil && !errors.Is(err, record.ErrUnknown) {
		return taskdir.Wiped{}, err
	}
	wiped, err := files.Wipe(ctx, folder)
	if err != nil {
		return wiped, err
	}
	return wiped, records.Delete(folder)
}

// Folders names every folder that is there, recorded or not.
func (l *Local) Folders(ctx context.Context) ([]string, error) { return l.files.Folders(ctx) }

// Stored returns what a VM takes up on the disk.
func (l *Local) Stored(ctx context.Context, folder string) (taskdir.Stored, error) {
	return l.files.Stored(ctx, folder)
}

// CheckTask returns record.ErrShared for an id that a folder is recorded or stored with:
// MakeSystem and TakeOver would refuse it, or continue with what is there.
func (l *Local) CheckTask(_ context.Context, id string) error {
	if err := checkTask(id); err != nil {
		return err
	}
	if folder, ok := l.records.FolderOf(id); ok {
		return fmt.Errorf("task %s: %w: folder %s", id, record.ErrShared, folder)
	}
	there, err := l.files.Exists(id)
	if err == nil && there {
		err = fmt.Errorf("task %s: %w: it is there, in no record", id, record.ErrShared)
	}
	return err
}

// SizeDisk makes or grows a data disk.
func (l *Local) SizeDisk(ctx context.Context, folder, name string, gib uint64, create bool) error {
	return l.alone(ctx, folder, func() error {
		r, err := l.recorded(folder)
		if err != nil {
			return err
		}
		if err := errors.Join(taskdir.CheckDisk(name), checkSize(gib)); err != nil {
			return err
		}
		if create && !r.HasDisk(name) {
			if len(r.Disks) >= maxDataDisks {
				return refuse("disk", name, fmt.Sprintf("at most %d", maxDataDisks))
			}
			_, err := l.records.Change(r.Folder, func(r *record.Record, _ bool) error {
				r.Disks = append(r.Disks, name)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return l.files.SizeDisk(ctx, folder, name, gib, create)
	})
}

// RemoveDisk deletes a data disk. Where the folder is gone, so is the disk.
func (l *Local) RemoveDisk(ctx context.Context, folder, name string) error {
	return l.alone(ctx, folder, func() error {
		if err := errors.Join(taskdir.CheckFolder(folder), taskdir.CheckDisk(name)); err != nil {
			return err
		}
		r, err := l.recorded(folder)
		if err != nil && !errors.Is(err, record.ErrUnknown) {
			return err
		}
		if err := l.files.RemoveDisk(ctx, folder, name); err != nil || !r.HasDisk(name) {
			return err
		}
		_, err = l.records.Change(r.Folder, func(r *record.Record, _ bool) error {
			r.Disks = slices.DeleteFunc(r.Disks, func(other string) bool { return other == name })
			return nil
		})
		return err
	})
}

func checkSize(gib uint64) error {
	if gib > taskdir.MaxGiB {
		return fmt.Errorf("%w: size is %d GiB, allowed: at most %d", taskdir.ErrSize, gib, taskdir.MaxGiB)
	}
	return nil
}

// WriteSeed writes the seed of a folder's VM, whose logins are the first ones for
// good; network, route and resolvers are the host's.
func (l *Local) WriteSeed(ctx context.Context, folder string, d seed.Data) error {
	if err := l.checkAddrs(d.MAC, d.Addr.Addr()); err != nil {
		return err
	}
	d.Addr = netip.PrefixFrom(d.Addr.Addr(), l.rules.CIDR.Bits())
	d.Gateway, d.Resolvers = l.rules.CIDR.Addr().Next(), l.rules.Resolvers
	if err := d.Validate(); err != nil {
		return err
	}
	return l.alone(ctx, folder, func() error {
		if err := l.claimSeed(ctx, folder, d); err != nil {
			return err
		}
		return l.files.WriteSeed(ctx, folder, d)
	})
}

// RemoveSeed deletes it.
func (l *Local) RemoveSeed(ctx context.Context, folder string) error {
	return l.alone(ctx, folder, func() error { return l.files.RemoveSeed(ctx, folder) })
}

// ReadConsole returns the beginning or end of a console's log.
func (l *Local) ReadConsole(ctx context.Context, folder string, tail bool) ([]byte, error) {
	return l.files.ReadConsole(ctx, folder, tail)
}

// TrimConsole cuts a log that is too long.
func (l *Local) TrimConsole(ctx context.Context, folder string) error {
	return l.files.TrimConsole(ctx, folder)
}
