package helper

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/netip"

	"github.com/dbc-network/dbc/node/helper/steps"
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

// MakeSystem makes a VM's folder and system disk.
func (f fileSteps) MakeSystem(ctx context.Context, req *steps.MakeSystemRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		base, err := b.images.Find(ctx, req.GetImage())
		if err != nil {
			return fmt.Errorf("find the image: %w", err)
		}
		return b.files.MakeSystem(ctx, req.GetFolder(), base, req.GetGib())
	})
}

// FindSystem is done where the system disk is there.
func (f fileSteps) FindSystem(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error { return b.files.FindSystem(ctx, req.GetFolder()) })
}

// Remove deletes a VM's folder.
func (f fileSteps) Remove(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error { return b.files.Remove(ctx, req.GetFolder()) })
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
		return b.files.SizeDisk(ctx, req.GetFolder(), req.GetDisk(), req.GetGib(), req.GetCreate())
	})
}

// RemoveDisk deletes a data disk.
func (f fileSteps) RemoveDisk(ctx context.Context, req *steps.RemoveDiskRequest) (*steps.Done, error) {
	return f.at(ctx, req.GetFolder(), func(b *bound) error { return b.files.RemoveDisk(ctx, req.GetFolder(), req.GetDisk()) })
}

// WriteSeed writes a guest's seed; route and resolvers are the host's.
func (f fileSteps) WriteSeed(ctx context.Context, req *steps.WriteSeedRequest) (*steps.Done, error) {
	mac, addr, err := f.s.checkAddrs(req.GetMac(), req.GetAddr())
	if err != nil {
		return nil, err
	}
	if len(req.GetHostKey()) != ed25519.SeedSize {
		return nil, refuse("host_key", fmt.Sprintf("%d bytes", len(req.GetHostKey())), fmt.Sprintf("%d bytes", ed25519.SeedSize))
	}
	return f.at(ctx, req.GetFolder(), func(b *bound) error {
		return b.files.WriteSeed(ctx, req.GetFolder(), seed.Data{
			InstanceID: req.GetInstanceId(), Hostname: req.GetHostname(), User: req.GetUser(), AuthorizedKeys: req.GetAuthorizedKeys(),
			PasswordHash: req.GetPasswordHash(), HostKey: ed25519.NewKeyFromSeed(req.GetHostKey()), MAC: mac,
			Addr:    netip.PrefixFrom(addr, f.s.config.CIDR.Bits()),
			Gateway: f.s.config.CIDR.Addr().Next(), Resolvers: f.s.config.Resolvers,
		})
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
