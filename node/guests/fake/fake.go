// Package fake is a privileged side without privileges, for tests of the node: fake
// VMs, real folders, and a record in memory that nobody has to sign for.
package fake

import (
	"context"
	"fmt"
	"sync"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/record"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	vmfake "github.com/dbc-network/dbc/vm/fake"
)

// Guests are what a node drives; they outlive it, as libvirt does.
type Guests struct {
	*vmfake.Driver
	*taskdir.Store

	binding names.Binding
	layout  guests.Layout

	mu          sync.Mutex
	records     map[string]record.Record
	connections []guests.Connection
	failure     error
}

// New returns guests of a machine below a data folder.
func New(b names.Binding, driver *vmfake.Driver, data string, overlay taskdir.Overlay) *Guests {
	return &Guests{
		Driver: driver, Store: taskdir.Open(data, overlay), binding: b,
		layout: guests.Layout{Data: data, Bridge: "dbctest"}, records: map[string]record.Record{},
	}
}

func identity(n names.VM) record.VM {
	return record.VM{UUID: n.UUID, Instance: string(n.UUID), Hostname: n.Hostname, MAC: n.MAC.String(), Tap: n.Tap}
}

// MakeSystem makes a folder with a system disk.
func (g *Guests) MakeSystem(ctx context.Context, folder string, claim guests.Claim, img string, gib uint64) error {
	g.mu.Lock()
	g.records[folder] = record.Record{
		Folder: folder, Wallet: claim.Wallet, Image: img, GiB: gib, VM: identity(g.binding.VM(claim.RentID, folder)),
		Holder: record.Holder{TaskID: folder, RentID: claim.RentID},
	}
	g.mu.Unlock()
	return g.Store.MakeSystem(ctx, folder, image.Image{Name: img}, gib)
}

// TakeOver gives the folder to another task.
func (g *Guests) TakeOver(_ context.Context, folder string, claim guests.Claim) error {
	g.mu.Lock()
	r := g.records[folder]
	if r.Holder.TaskID != claim.TaskID {
		r.Earlier = append(r.Earlier, r.Holder.TaskID)
	}
	r.Holder = record.Holder{TaskID: claim.TaskID, RentID: claim.RentID}
	g.records[folder] = r
	g.mu.Unlock()
	return g.FindSystem(folder)
}

// CheckTask is record.ErrShared for a task that a folder is or was of.
func (g *Guests) CheckTask(_ context.Context, id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for folder, r := range g.records {
		if folder == id || r.HeldBy(id) {
			return record.ErrShared
		}
	}
	return nil
}

// Wipe deletes a folder and forgets it.
func (g *Guests) Wipe(ctx context.Context, folder string) (taskdir.Wiped, error) {
	g.mu.Lock()
	delete(g.records, folder)
	g.mu.Unlock()
	return g.Store.Wipe(ctx, folder)
}

// WriteSeed writes a seed. Its address is the VM's, and a host name of the new task
// makes it that one's.
func (g *Guests) WriteSeed(ctx context.Context, folder string, d seed.Data) error {
	g.mu.Lock()
	r := g.records[folder]
	if afresh := g.binding.VM(r.Holder.RentID, r.Holder.TaskID); d.Hostname == afresh.Hostname {
		r.VM = identity(afresh)
	}
	r.Holder.Addr = d.Addr.Addr()
	g.records[folder] = r
	g.mu.Unlock()
	return g.Store.WriteSeed(ctx, folder, d)
}

// Define defines the VM of a folder.
func (g *Guests) Define(ctx context.Context, v guests.VM) error {
	g.mu.Lock()
	r, known := g.records[v.Folder]
	g.mu.Unlock()
	if !known {
		return fmt.Errorf("%w: folder %s is in no record", vm.ErrBadSpec, v.Folder)
	}
	return g.Driver.Define(ctx, g.layout.Spec(v, r, g.binding.VM(r.Holder.RentID, r.Holder.TaskID).Domain))
}

// Attach gives a running VM a disk of its folder.
func (g *Guests) Attach(ctx context.Context, id vm.UUID, disk string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for folder, r := range g.records {
		if r.VM.UUID == id {
			return g.Driver.Attach(ctx, id, g.layout.DataDisk(folder, disk))
		}
	}
	return vm.ErrNotFound
}

// Ensure makes no network.
func (g *Guests) Ensure(context.Context) error { return nil }

// Connect remembers the connections.
func (g *Guests) Connect(ctx context.Context, list []guests.Connection) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failure != nil {
		return g.failure
	}
	g.connections = list
	return nil
}

// Connections returns the last ones.
func (g *Guests) Connections() []guests.Connection {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.connections
}

// FailConnect lets Connect fail from now on; nil ends that.
func (g *Guests) FailConnect(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failure = err
}
