package fake

import (
	"context"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/vm"
)

// SetPassword implements vm.Driver. Password returns what was set.
func (d *Driver) SetPassword(ctx context.Context, id vm.UUID, user, password string) error {
	return d.change(ctx, "SetPassword", id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		if dom.passwords == nil {
			dom.passwords = map[string]string{}
		}
		dom.passwords[user] = password
		return nil
	})
}

// Password returns the password that SetPassword last set for a user of the
// guest.
func (d *Driver) Password(id vm.UUID, user string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dom, ok := d.domains[id]; ok {
		return dom.passwords[user]
	}
	return ""
}

// Attach implements vm.Driver.
func (d *Driver) Attach(ctx context.Context, id vm.UUID, disk vm.Disk) error {
	if err := disk.Validate(); err != nil {
		return err
	}
	return d.change(ctx, "Attach", id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		if i := dom.disk(disk.Target); i >= 0 && dom.disks[i].Path != disk.Path {
			return fmt.Errorf("%w: disk target is %s, which is taken", vm.ErrBadSpec, disk.Target)
		} else if i < 0 {
			dom.disks = append(dom.disks, disk)
		}
		return nil
	})
}

// Grow implements vm.Driver.
func (d *Driver) Grow(ctx context.Context, id vm.UUID, target string, _ uint64) error {
	return d.change(ctx, "Grow", id, func(dom *domain) error {
		switch {
		case !isActive(dom.state):
			return vm.ErrNotRunning
		case dom.disk(target) < 0:
			return fmt.Errorf("%w: disk target is %s, which is not there", vm.ErrBadSpec, target)
		}
		return nil
	})
}

// Detach implements vm.Driver.
func (d *Driver) Detach(ctx context.Context, id vm.UUID, target string) error {
	return d.change(ctx, "Detach", id, func(dom *domain) error {
		if !isActive(dom.state) {
			return vm.ErrNotRunning
		}
		if i := dom.disk(target); i >= 0 {
			dom.disks = slices.Delete(dom.disks, i, i+1)
		}
		return nil
	})
}

// Disks returns the targets of a running guest's disks.
func (d *Driver) Disks(id vm.UUID) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []string
	if dom, ok := d.domains[id]; ok {
		for _, disk := range dom.disks {
			list = append(list, disk.Target)
		}
	}
	return list
}

// Attached returns the disks of a running guest.
func (d *Driver) Attached(id vm.UUID) []vm.Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dom, ok := d.domains[id]; ok && isActive(dom.state) {
		return slices.Clone(dom.disks)
	}
	return nil
}

func (dom *domain) disk(target string) int {
	return slices.IndexFunc(dom.disks, func(disk vm.Disk) bool { return disk.Target == target })
}
