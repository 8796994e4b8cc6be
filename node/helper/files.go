package helper

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/node/helper/record"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/seed"
)

// fileSteps is Files' service; every name is checked where it becomes a path.
type fileSteps struct {
	steps.UnsafeFilesServer // a call that is not written does not compile
	s                       *Server
}

// at does something with a folder, alone.
func (f fileSteps) at(ctx context.Context, folder string, do func(b *bound) error) (*steps.Done, error) {
	b, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	done, err := f.s.turns.take(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer done()
	return &steps.Done{}, do(b)
}

// MakeSystem records whose VM it is, and makes its folder and system disk.
func (f fileSteps) MakeSystem(ctx context.Context, req *steps.MakeSystemRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		base, err := b.images.Find(ctx, req.GetImage())
		if err != nil {
			return fmt.Errorf("find the image: %w", err)
		}
		if err := checkSize(req.GetGib()); err != nil {
			return err
		}
		if err := b.claimNew(ctx, req); err != nil {
			return err
		}
		claim := taskdir.Claim{TaskID: req.GetFolder(), RentID: req.GetRentId(), Wallet: req.GetWallet()}
		return b.files.MakeSystem(ctx, req.GetFolder(), claim, base, req.GetGib())
	})
}

// TakeOver gives kept disks to another VM of their renter. Repeated, it is done.
func (f fileSteps) TakeOver(ctx context.Context, req *steps.TakeOverRequest) (*steps.Done, error) {
	if err := checkTask(req.GetTaskId()); err != nil {
		return nil, err
	}
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		r, err := b.recorded(req.GetFolder())
		if err != nil {
			return err
		}
		if r.Holder.TaskID != req.GetTaskId() || r.Holder.RentID != req.GetRentId() {
			if err := b.gone(ctx, r.Holder.UUID); err != nil {
				return err
			}
			if _, err := b.records.Change(r.Folder, func(r *record.Record, _ bool) error { return f.s.takeOver(b, r, req) }); err != nil {
				return err
			}
		}
		return b.files.TakeOver(ctx, req.GetFolder(), taskdir.Claim{})
	})
}

// Remove deletes the folder of a VM that is not defined any more, and then its record.
func (f fileSteps) Remove(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		if err := taskdir.CheckFolder(req.GetFolder()); err != nil {
			return err
		}
		r, err := b.records.Get(req.GetFolder())
		if errors.Is(err, record.ErrUnknown) {
			return b.files.Remove(ctx, req.GetFolder())
		}
		if err != nil {
			return err
		}
		if err := b.gone(ctx, r.Holder.UUID); err != nil {
			return err
		}
		if _, err := b.records.Change(r.Folder, func(r *record.Record, _ bool) error { r.Removing = true; return nil }); err != nil {
			return err
		}
		if err := b.files.Remove(ctx, r.Folder); err != nil {
			return err
		}
		return b.records.Delete(r.Folder)
	})
}

// ListFolders names every folder that is there, recorded or not.
func (f fileSteps) ListFolders(ctx context.Context, _ *steps.ListFoldersRequest) (*steps.ListFoldersReply, error) {
	b, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	folders, err := b.files.Folders(ctx)
	return &steps.ListFoldersReply{Folders: folders}, err
}

// Written is what a VM's disks take.
func (f fileSteps) Written(ctx context.Context, req *steps.FolderRequest) (*steps.WrittenReply, error) {
	b, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	gib, err := b.files.WrittenGiB(ctx, req.GetFolder())
	return &steps.WrittenReply{Gib: gib}, err
}

// SizeDisk makes or grows a data disk.
func (f fileSteps) SizeDisk(ctx context.Context, req *steps.SizeDiskRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		r, err := b.recorded(req.GetFolder())
		if err != nil {
			return err
		}
		if err := errors.Join(taskdir.CheckDisk(req.GetDisk()), checkSize(req.GetGib())); err != nil {
			return err
		}
		if req.GetCreate() && !r.HasDisk(req.GetDisk()) {
			if len(r.Disks) >= maxDataDisks {
				return refuse("disk", req.GetDisk(), fmt.Sprintf("at most %d", maxDataDisks))
			}
			_, err := b.records.Change(r.Folder, func(r *record.Record, _ bool) error {
				r.Disks = append(r.Disks, req.GetDisk())
				return nil
			})
			if err != nil {
				return err
			}
		}
		return b.files.SizeDisk(ctx, req.GetFolder(), req.GetDisk(), req.GetGib(), req.GetCreate())
	})
}

// RemoveDisk deletes a data disk. Where the folder is gone, so is the disk.
func (f fileSteps) RemoveDisk(ctx context.Context, req *steps.RemoveDiskRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		if err := errors.Join(taskdir.CheckFolder(req.GetFolder()), taskdir.CheckDisk(req.GetDisk())); err != nil {
			return err
		}
		r, err := b.recorded(req.GetFolder())
		if err != nil && !errors.Is(err, record.ErrUnknown) {
			return err
		}
		if err := b.files.RemoveDisk(ctx, req.GetFolder(), req.GetDisk()); err != nil || !r.HasDisk(req.GetDisk()) {
			return err
		}
		_, err = b.records.Change(r.Folder, func(r *record.Record, _ bool) error {
			r.Disks = slices.DeleteFunc(r.Disks, func(name string) bool { return name == req.GetDisk() })
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
// good; route and resolvers are the host's.
func (f fileSteps) WriteSeed(ctx context.Context, req *steps.WriteSeedRequest) (*steps.Done, error) {
	mac, addr, err := f.s.checkAddrs(req.GetMac(), req.GetAddr())
	if err != nil {
		return nil, err
	}
	if len(req.GetHostKey()) != ed25519.SeedSize {
		return nil, refuse("host_key", fmt.Sprintf("%d bytes", len(req.GetHostKey())), fmt.Sprintf("%d bytes", ed25519.SeedSize))
	}
	data := seed.Data{
		InstanceID: req.GetInstanceId(), Hostname: req.GetHostname(), User: req.GetUser(), AuthorizedKeys: req.GetAuthorizedKeys(),
		PasswordHash: req.GetPasswordHash(), HostKey: ed25519.NewKeyFromSeed(req.GetHostKey()), MAC: mac,
		Addr:    netip.PrefixFrom(addr, f.s.config.CIDR.Bits()),
		Gateway: f.s.config.CIDR.Addr().Next(), Resolvers: f.s.config.Resolvers,
	}
	if err := data.Validate(); err != nil {
		return nil, err
	}
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		if err := b.claimSeed(ctx, req, addr); err != nil {
			return err
		}
		return b.files.WriteSeed(ctx, req.GetFolder(), data)
	})
}

// RemoveSeed deletes it.
func (f fileSteps) RemoveSeed(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error { return b.files.RemoveSeed(ctx, req.GetFolder()) })
}

// ReadConsole is the beginning or end of a console's log.
func (f fileSteps) ReadConsole(ctx context.Context, req *steps.ReadConsoleRequest) (*steps.Bytes, error) {
	b, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	data, err := b.files.ReadConsole(ctx, req.GetFolder(), req.GetTail())
	return &steps.Bytes{Data: data}, err
}

// TrimConsole cuts a log that is too long.
func (f fileSteps) TrimConsole(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	b, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	return &steps.Done{}, b.files.TrimConsole(ctx, req.GetFolder())
}
