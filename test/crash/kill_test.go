package crash

import (
	"context"
	"net/netip"
	"os"
	"syscall"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/vm"
)

// Moments at which a node can be told to die.
const (
	beforeDisk = "before the disk"
	inDisk     = "while qemu-img makes the disk"
	afterDef   = "after the domain is defined"
	afterStart = "after the domain is started"
	atShutdown = "after the guest was asked to shut down"
)

// killer kills its process at one moment, like a power cut.
type killer struct{ at string }

func (k killer) here(moment string) {
	if k.at != moment {
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

type overlays struct{ k killer }

func (i overlays) Overlay(ctx context.Context, base image.Image, path string, size int64) error {
	i.k.here(beforeDisk)
	if i.k.at == inDisk {
		go func() {
			for ctx.Err() == nil { // the file exists only for milliseconds
				if _, err := os.Stat(path + ".new"); err == nil {
					i.k.here(inDisk)
				}
			}
		}()
	}
	err := image.Overlay(ctx, base, path, size)
	i.k.here(inDisk)
	return err
}

type dying struct {
	vm.Driver
	k killer
}

func (d dying) Define(ctx context.Context, spec vm.Spec) error {
	err := d.Driver.Define(ctx, spec)
	d.k.here(afterDef)
	return err
}

func (d dying) Start(ctx context.Context, id vm.UUID) error {
	err := d.Driver.Start(ctx, id)
	d.k.here(afterStart)
	return err
}

func (d dying) Shutdown(ctx context.Context, id vm.UUID) error {
	err := d.Driver.Shutdown(ctx, id)
	d.k.here(atShutdown)
	return err
}

type computer struct {
	host.Local
	k     killer
	ready bool
	room  uint64
}

func (c computer) Ready(ctx context.Context, addr netip.Addr) error {
	if c.ready {
		return nil
	}
	return c.Local.Ready(ctx, addr)
}

func (c computer) FreeGiB(path string) (uint64, error) {
	if c.room != 0 {
		return c.room, nil
	}
	return c.Local.FreeGiB(path)
}
