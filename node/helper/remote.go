package helper

import (
	"context"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/helper/steps"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/network"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/seed"
)

var (
	_ host.Net   = (*Client)(nil)
	_ host.Files = (*Client)(nil)
)

// Ensure is host.Net; it waits for the helper.
func (c *Client) Ensure(ctx context.Context) error {
	return c.retry(ctx, func() error {
		_, err := c.network.Ensure(ctx, &steps.EnsureRequest{})
		return err
	})
}

// Apply is host.Net.
func (c *Client) Apply(ctx context.Context, bindings []network.Binding) error {
	req := &steps.ApplyRequest{}
	for _, b := range bindings {
		one := &steps.Binding{Card: &steps.Card{Tap: b.Tap, Mac: b.MAC, Addr: b.Addr.String()}, Cpus: uint32(max(b.CPUs, 0))}
		for _, p := range b.Ports {
			one.Ports = append(one.Ports, &steps.Port{Protocol: p.Protocol, Host: uint32(p.Host), Guest: uint32(p.Guest)})
		}
		req.Bindings = append(req.Bindings, one)
	}
	_, err := c.network.Apply(ctx, req)
	return err
}

// MakeSystem is host.Files.
func (c *Client) MakeSystem(ctx context.Context, folder string, claim taskdir.Claim, base image.Image, gib uint64) error {
	_, err := c.files.MakeSystem(ctx, &steps.MakeSystemRequest{
		Folder: folder, Image: base.Name, Gib: gib, RentId: claim.RentID, Wallet: claim.Wallet,
	})
	return err
}

// TakeOver is host.Files.
func (c *Client) TakeOver(ctx context.Context, folder string, claim taskdir.Claim) error {
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

// Remove is host.Files.
func (c *Client) Remove(ctx context.Context, folder string) error {
	_, err := c.files.Remove(ctx, &steps.FolderRequest{Folder: folder})
	return err
}

// WrittenGiB is host.Files.
func (c *Client) WrittenGiB(ctx context.Context, folder string) (uint64, error) {
	reply, err := c.files.Written(ctx, &steps.FolderRequest{Folder: folder})
	return reply.GetGib(), err
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
