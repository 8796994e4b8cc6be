package helper

import (
	"context"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
)

// Ensure is host.Net; it waits for the helper.
func (c *Client) Ensure(ctx context.Context) error {
	return c.retry(ctx, func() error {
		_, err := c.network.Ensure(ctx, &steps.EnsureRequest{})
		return err
	})
}

// Connect makes the network's rules exactly these connections'.
func (c *Client) Connect(ctx context.Context, list []guests.Connection) error {
	_, err := c.network.Apply(ctx, sayConnections(list))
	return err
}

// MakeSystem is host.Files.
func (c *Client) MakeSystem(ctx context.Context, folder string, claim guests.Claim, img string, gib uint64) error {
	_, err := c.files.MakeSystem(ctx, &steps.MakeSystemRequest{
		Folder: folder, Image: img, Gib: gib, RentId: claim.RentID, Wallet: claim.Wallet, Firmware: sayFirmware(claim.Firmware),
	})
	return err
}

// TakeOver is host.Files.
func (c *Client) TakeOver(ctx context.Context, folder string, claim guests.Claim) error {
	_, err := c.files.TakeOver(ctx, &steps.TakeOverRequest{
		Folder: folder, TaskId: claim.TaskID, RentId: claim.RentID, Authority: sayAuthority(claim.Proof),
	})
	return err
}

// Folders is host.Files.
func (c *Client) Folders(ctx context.Context) ([]string, error) {
	reply, err := c.files.ListFolders(ctx, &steps.ListFoldersRequest{})
	return reply.GetFolders(), err
}

// Wipe is host.Files.
func (c *Client) Wipe(ctx context.Context, folder string) (taskdir.Wiped, error) {
	reply, err := c.files.Wipe(ctx, &steps.FolderRequest{Folder: folder})
	return taskdir.Wiped{Method: taskdir.Method(reply.GetMethod()), Bytes: reply.GetBytes()}, err
}

// Stored is host.Files.
func (c *Client) Stored(ctx context.Context, folder string) (taskdir.Stored, error) {
	reply, err := c.files.Stored(ctx, &steps.FolderRequest{Folder: folder})
	return taskdir.Stored{Disks: reply.GetDisks(), All: reply.GetAll()}, err
}

// CheckTask is host.Files.
func (c *Client) CheckTask(ctx context.Context, id string) error {
	_, err := c.files.CheckTask(ctx, &steps.CheckTaskRequest{TaskId: id})
	return err
}

// SizeDisk is host.Files.
func (c *Client) SizeDisk(ctx context.Context, folder, name string, gib uint64, create bool) error {
	_, err := c.files.SizeDisk(ctx, &steps.SizeDiskRequest{Folder: folder, Disk: name, Gib: gib, Create: create})
	return err
}

// RemoveDisk is host.Files.
func (c *Client) RemoveDisk(ctx context.Context, folder, name string) error {
	_, err := c.files.RemoveDisk(ctx, &steps.RemoveDiskRequest{Folder: folder, Disk: name})
	return err
}

// WriteSeed is host.Files; gateway and resolvers are the helper's.
func (c *Client) WriteSeed(ctx context.Context, folder string, d seed.Data) error {
	_, err := c.files.WriteSeed(ctx, &steps.WriteSeedRequest{
		Folder: folder, InstanceId: d.InstanceID, Hostname: d.Hostname, User: d.User, AuthorizedKeys: d.AuthorizedKeys,
		PasswordHash: d.PasswordHash, HostKey: d.HostKey.Seed(), Mac: d.MAC, Addr: d.Addr.Addr().String(),
	})
	return err
}

// RemoveSeed is host.Files.
func (c *Client) RemoveSeed(ctx context.Context, folder string) error {
	_, err := c.files.RemoveSeed(ctx, &steps.FolderRequest{Folder: folder})
	return err
}

// ReadConsole is host.Files.
func (c *Client) ReadConsole(ctx context.Context, folder string, tail bool) ([]byte, error) {
	reply, err := c.files.ReadConsole(ctx, &steps.ReadConsoleRequest{Folder: folder, Tail: tail})
	return reply.GetData(), err
}

// TrimConsole is host.Files.
func (c *Client) TrimConsole(ctx context.Context, folder string) error {
	_, err := c.files.TrimConsole(ctx, &steps.FolderRequest{Folder: folder})
	return err
}
