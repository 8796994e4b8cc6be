package helper

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/netip"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/seed"
)

// fileSteps is Files' service.
type fileSteps struct {
	steps.UnsafeFilesServer // a call that is not written does not compile
	s                       *Server
}

// MakeSystem makes a VM's folder and system disk.
func (f fileSteps) MakeSystem(ctx context.Context, req *steps.MakeSystemRequest) (*steps.Done, error) {
	claim := guests.Claim{TaskID: req.GetFolder(), RentID: req.GetRentId(), Wallet: req.GetWallet(), Firmware: readFirmware(req.GetFirmware())}
	return f.s.done(ctx, func(l *guests.Local) error {
		return l.MakeSystem(ctx, req.GetFolder(), claim, req.GetImage(), req.GetGib())
	})
}

// TakeOver gives kept disks to another VM of their renter.
func (f fileSteps) TakeOver(ctx context.Context, req *steps.TakeOverRequest) (*steps.Done, error) {
	claim := guests.Claim{TaskID: req.GetTaskId(), RentID: req.GetRentId()}
	if a := req.GetAuthority(); a != nil {
		p := readAuthority(a)
		claim.Proof = &p
	}
	return f.s.done(ctx, func(l *guests.Local) error { return l.TakeOver(ctx, req.GetFolder(), claim) })
}

// Wipe makes the files of a VM that is not defined any more go.
func (f fileSteps) Wipe(ctx context.Context, req *steps.FolderRequest) (*steps.WipeReply, error) {
	l, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	wiped, err := l.Wipe(ctx, req.GetFolder())
	return &steps.WipeReply{Method: string(wiped.Method), Bytes: wiped.Bytes}, err
}

// ListFolders names every folder that is there.
func (f fileSteps) ListFolders(ctx context.Context, _ *steps.ListFoldersRequest) (*steps.ListFoldersReply, error) {
	l, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	folders, err := l.Folders(ctx)
	return &steps.ListFoldersReply{Folders: folders}, err
}

// Stored is what a VM takes up on the disk.
func (f fileSteps) Stored(ctx context.Context, req *steps.FolderRequest) (*steps.StoredReply, error) {
	l, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := l.Stored(ctx, req.GetFolder())
	return &steps.StoredReply{Disks: stored.Disks, All: stored.All}, err
}

// CheckTask refuses an id that a folder is recorded or stored with.
func (f fileSteps) CheckTask(ctx context.Context, req *steps.CheckTaskRequest) (*steps.Done, error) {
	return f.s.done(ctx, func(l *guests.Local) error { return l.CheckTask(ctx, req.GetTaskId()) })
}

// SizeDisk makes or grows a data disk.
func (f fileSteps) SizeDisk(ctx context.Context, req *steps.SizeDiskRequest) (*steps.Done, error) {
	return f.s.done(ctx, func(l *guests.Local) error {
		return l.SizeDisk(ctx, req.GetFolder(), req.GetDisk(), req.GetGib(), req.GetCreate())
	})
}

// RemoveDisk deletes a data disk.
func (f fileSteps) RemoveDisk(ctx context.Context, req *steps.RemoveDiskRequest) (*steps.Done, error) {
	return f.s.done(ctx, func(l *guests.Local) error { return l.RemoveDisk(ctx, req.GetFolder(), req.GetDisk()) })
}

// WriteSeed writes the seed of a folder's VM.
func (f fileSteps) WriteSeed(ctx context.Context, req *steps.WriteSeedRequest) (*steps.Done, error) {
	if len(req.GetHostKey()) != ed25519.SeedSize {
		return nil, refuse("host_key", fmt.Sprintf("%d bytes", len(req.GetHostKey())), fmt.Sprintf("%d bytes", ed25519.SeedSize))
	}
	addr, err := netip.ParseAddr(req.GetAddr())
	if err != nil || !addr.Is4() {
		return nil, refuse("addr", fmt.Sprintf("%.60q", req.GetAddr()), "an IPv4 address")
	}
	data := seed.Data{
		InstanceID: req.GetInstanceId(), Hostname: req.GetHostname(), User: req.GetUser(), AuthorizedKeys: req.GetAuthorizedKeys(),
		PasswordHash: req.GetPasswordHash(), HostKey: ed25519.NewKeyFromSeed(req.GetHostKey()), MAC: req.GetMac(),
		Addr: netip.PrefixFrom(addr, addr.BitLen()),
	}
	return f.s.done(ctx, func(l *guests.Local) error { return l.WriteSeed(ctx, req.GetFolder(), data) })
}

// RemoveSeed deletes it.
func (f fileSteps) RemoveSeed(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	return f.s.done(ctx, func(l *guests.Local) error { return l.RemoveSeed(ctx, req.GetFolder()) })
}

// ReadConsole is the beginning or end of a console's log.
func (f fileSteps) ReadConsole(ctx context.Context, req *steps.ReadConsoleRequest) (*steps.Bytes, error) {
	l, err := f.s.ready(ctx)
	if err != nil {
		return nil, err
	}
	data, err := l.ReadConsole(ctx, req.GetFolder(), req.GetTail())
	return &steps.Bytes{Data: data}, err
}

// TrimConsole cuts a log that is too long.
func (f fileSteps) TrimConsole(ctx context.Context, req *steps.FolderRequest) (*steps.Done, error) {
	return f.s.done(ctx, func(l *guests.Local) error { return l.TrimConsole(ctx, req.GetFolder()) })
}
