package host

import (
	"context"
	"net"
	"time"

	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
)

// lookLimit bounds queries about a VM's files, which may go to another process.
const lookLimit = 5 * time.Second

// Files manages the files of VMs, each VM's in a folder named after a task.
type Files interface {
	Systems
	DataDisks
	Seeds
	Consoles
	Folders
}

// Systems makes a VM's folder with its system disk, hands it over to another VM
// of the same renter, and wipes it.
type Systems interface {
	MakeSystem(ctx context.Context, folder string, claim guests.Claim, image string, gib uint64) error
	TakeOver(ctx context.Context, folder string, claim guests.Claim) error
	Wipe(ctx context.Context, folder string) (taskdir.Wiped, error)
	// CheckTask is record.ErrShared for an id that disks are recorded or stored with.
	CheckTask(ctx context.Context, id string) error
	Stored(ctx context.Context, folder string) (taskdir.Stored, error)
}

// DataDisks makes, grows and deletes data disks.
type DataDisks interface {
	SizeDisk(ctx context.Context, folder, name string, gib uint64, create bool) error
	RemoveDisk(ctx context.Context, folder, name string) error
}

// Seeds writes and deletes what guests read at their first boot.
type Seeds interface {
	WriteSeed(ctx context.Context, folder string, d seed.Data) error
	RemoveSeed(ctx context.Context, folder string) error
}

// Consoles reads and truncates what guests wrote to their consoles.
type Consoles interface {
	ReadConsole(ctx context.Context, folder string, tail bool) ([]byte, error)
	TrimConsole(ctx context.Context, folder string) error
}

// Folders names every existing VM folder, whether or not a task has it.
type Folders interface {
	Folders(ctx context.Context) ([]string, error)
}

// StrayFiles finds folders and wipes them.
type StrayFiles interface {
	Folders
	Wipe(ctx context.Context, folder string) (taskdir.Wiped, error)
}

// Machines are virtual machines like vm.Driver's, except that folders are named by
// id: the privileged side knows what runs in which folder.
type Machines interface {
	Operations
	Guest
	Observed
}

// Operations change what a VM does; each may be repeated.
type Operations interface {
	Define(ctx context.Context, v guests.VM) error
	Undefine(ctx context.Context, id vm.UUID) error
	Start(ctx context.Context, id vm.UUID) error
	Shutdown(ctx context.Context, id vm.UUID) error
	Stop(ctx context.Context, id vm.UUID) error
	Pause(ctx context.Context, id vm.UUID) error
	Resume(ctx context.Context, id vm.UUID) error
	Reset(ctx context.Context, id vm.UUID) error
}

// Guest accesses a running VM. Calls that hand out its bytes or change its keys need
// the renter's signature; ctx carries the signed request.
type Guest interface {
	Console(ctx context.Context, id vm.UUID) (net.Conn, error)
	VNC(ctx context.Context, id vm.UUID) (net.Conn, error)
	SetPassword(ctx context.Context, id vm.UUID, user, password string) error
	Attach(ctx context.Context, id vm.UUID, disk string) error
	Grow(ctx context.Context, id vm.UUID, disk string, size uint64) error
	Detach(ctx context.Context, id vm.UUID, disk string) error
}

// Observed reports what runs.
type Observed interface {
	Get(ctx context.Context, id vm.UUID) (vm.Domain, error)
	List(ctx context.Context) ([]vm.Domain, error)
	Watch(ctx context.Context) (<-chan vm.UUID, error)
}
