package libvirt

import (
	"context"
	"fmt"
	"time"

	"github.com/digitalocean/go-libvirt"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

const (
	// detachLimit is how long a guest may take to release a disk.
	detachLimit = 15 * time.Second
	detachLook  = 250 * time.Millisecond
	// detachAgain is how often the guest is asked for it.
	detachAgain = 2 * time.Second
)

// Attach implements vm.Driver.
func (d *Driver) Attach(ctx context.Context, id vm.UUID, disk vm.Disk) error {
	if err := disk.Validate(); err != nil {
		return err
	}
	dom, live, err := d.running(ctx, id)
	if err != nil {
		return err
	}
	if old := diskAt(live, disk.Target); old != nil {
		if old.Source != nil && old.Source.File != nil && old.Source.File.File == disk.Path {
			return nil
		}
		return fmt.Errorf("%w: disk target is %s, which is taken", vm.ErrBadSpec, disk.Target)
	}
	device := drive(disk, 0)
	if live.VCPU != nil {
		d.limitDisk(&device, int(live.VCPU.Value))
	}
	text, err := device.Marshal()
	if err != nil {
		return fmt.Errorf("write disk: %w", err)
	}
	return d.modify(ctx, id, "attach disk", func(l *libvirt.Libvirt) error {
		return l.DomainAttachDeviceFlags(dom, text, uint32(libvirt.DomainDeviceModifyLive))
	})
}

// Grow implements vm.Driver.
func (d *Driver) Grow(ctx context.Context, id vm.UUID, target string, size uint64) error {
	dom, live, err := d.running(ctx, id)
	if err != nil {
		return err
	}
	if diskAt(live, target) == nil {
		return fmt.Errorf("%w: disk target is %s, which is not there", vm.ErrBadSpec, target)
	}
	return d.modify(ctx, id, "grow disk", func(l *libvirt.Libvirt) error {
		return l.DomainBlockResize(dom, target, size, libvirt.DomainBlockResizeBytes)
	})
}

// Detach implements vm.Driver. It asks the guest and polls until the disk is
// released.
func (d *Driver) Detach(ctx context.Context, id vm.UUID, target string) error {
	dom, live, err := d.running(ctx, id)
	if err != nil {
		return err
	}
	disk := diskAt(live, target)
	if disk == nil {
		return nil
	}
	text, err := disk.Marshal()
	if err != nil {
		return fmt.Errorf("write disk: %w", err)
	}
	ask := func() error {
		err := d.modify(ctx, id, "detach disk", func(l *libvirt.Libvirt) error {
			return l.DomainDetachDeviceFlags(dom, text, uint32(libvirt.DomainDeviceModifyLive))
		})
		// It was asked already, or the disk is gone: held decides.
		if isCode(err, libvirt.ErrOperationFailed) || isCode(err, libvirt.ErrInternalError) || isCode(err, libvirt.ErrDeviceMissing) {
			return nil
		}
		return err
	}
	return released(ctx, ask, func() (bool, error) {
		_, live, err := d.running(ctx, id)
		return err == nil && diskAt(live, target) != nil, err
	})
}

// released asks a guest for a disk until it is not held any more. One question
// is not enough: Linux clears what it was asked while it starts, as after
// Ctrl-Alt-Del, and QEMU does not repeat it.
func released(ctx context.Context, ask func() error, held func() (bool, error)) error {
	tick := time.NewTicker(detachLook)
	defer tick.Stop()
	var asked time.Time
	for until := time.Now().Add(detachLimit); ; {
		if now := time.Now(); now.Sub(asked) >= detachAgain {
			if err := ask(); err != nil {
				return err
			}
			asked = now
		}
		switch holds, err := held(); {
		case err != nil:
			return err
		case !holds:
			return nil
		case !time.Now().Before(until):
			return vm.ErrHeld
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// running returns a running domain and its current description.
func (d *Driver) running(ctx context.Context, id vm.UUID) (libvirt.Domain, *libvirtxml.Domain, error) {
	dom, now, err := d.find(ctx, id)
	if err != nil {
		return dom, nil, err
	}
	if now.State == vm.StateOff || now.State == vm.StateCrashed {
		return dom, nil, vm.ErrNotRunning
	}
	live, err := d.live(ctx, dom)
	return dom, live, err
}

func (d *Driver) modify(ctx context.Context, id vm.UUID, what string, do func(*libvirt.Libvirt) error) error {
	err := run(ctx, &d.link, callLimit, do)
	if isCode(err, libvirt.ErrOperationInvalid) && !d.isActive(ctx, id) {
		return vm.ErrNotRunning // it ended meanwhile
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func diskAt(live *libvirtxml.Domain, target string) *libvirtxml.DomainDisk {
	for i, disk := range live.Devices.Disks {
		if disk.Target != nil && disk.Target.Dev == target {
			return &live.Devices.Disks[i]
		}
	}
	return nil
}
