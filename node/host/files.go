package host

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/seed"
)

// lookLimit bounds a look at a VM's files, which may be another process's.
const lookLimit = 5 * time.Second

// Files are the files of VMs, each VM's in a folder that is named after a task.
type Files interface {
	Systems
	DataDisks
	Seeds
	Consoles
	Folders
}

// Systems makes a VM's folder with its system disk, gives it to another VM of the
// same renter, and deletes it.
type Systems interface {
	MakeSystem(ctx context.Context, folder string, claim taskdir.Claim, base image.Image, gib uint64) error
	TakeOver(ctx context.Context, folder string, claim taskdir.Claim) error
	Remove(ctx context.Context, folder string) error
	WrittenGiB(ctx context.Context, folder string) (uint64, error)
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

// Consoles reads and cuts what guests wrote to their consoles.
type Consoles interface {
	ReadConsole(ctx context.Context, folder string, tail bool) ([]byte, error)
	TrimConsole(ctx context.Context, folder string) error
}

// Folders names every VM's folder that is there, whether a task has it or not.
type Folders interface {
	Folders(ctx context.Context) ([]string, error)
}

var _ Files = (*taskdir.Store)(nil)

// TaskDir is the folder of all VMs' folders in a node's data_dir.
func TaskDir(dataDir string) string { return taskdir.Dir(dataDir) }
