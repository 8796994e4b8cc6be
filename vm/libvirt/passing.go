package libvirt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/digitalocean/go-libvirt"
	"libvirt.org/go/libvirtxml"

	"github.com/dbc-network/dbc/vm"
)

var _ vm.Passer = (*Driver)(nil)

// Passings implements vm.Passer.
func (d *Driver) Passings(ctx context.Context) ([]vm.Passing, error) {
	all, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) ([]libvirt.Domain, error) {
		domains, _, err := l.ConnectListAllDomains(1, 0)
		return domains, err
	})
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	var list []vm.Passing
	for _, dom := range all {
		domain, err := d.live(ctx, dom)
		var now vm.Domain
		if err == nil {
			now, err = d.status(ctx, dom)
		}
		if errors.Is(err, vm.ErrNotFound) {
			continue // undefined meanwhile
		}
		if err != nil {
			return nil, err
		}
		if devices := passed(domain); len(devices) > 0 {
			active := now.State != vm.StateOff && now.State != vm.StateCrashed
			list = append(list, vm.Passing{UUID: now.UUID, Active: active, Devices: devices})
		}
	}
	return list, nil
}

// passed returns the computer's PCI devices that a domain is given.
func passed(domain *libvirtxml.Domain) []vm.PCIDevice {
	var list []vm.PCIDevice
	for _, h := range domain.Devices.Hostdevs {
		if h.SubsysPCI == nil || h.SubsysPCI.Source == nil || h.SubsysPCI.Source.Address == nil {
			continue
		}
		var at vm.PCIAddress
		from := h.SubsysPCI.Source.Address
		for to, number := range map[*uint]*uint{&at.Domain: from.Domain, &at.Bus: from.Bus, &at.Device: from.Slot, &at.Function: from.Function} {
			if number != nil {
				*to = *number
			}
		}
		list = append(list, at.PCIDevice())
	}
	return list
}

const (
	// pinStep is the amount of memory, in MiB, for which the kernel is given
	// one minute to pin it page by page; huge pages are fast.
	pinStep = 64 << 10 // MiB
	// functionLimit: the kernel gives up on a function 65 seconds after its
	// reset.
	functionLimit = 70 * time.Second
	maxHeavyLimit = 20 * time.Minute
)

// heavy returns the limit for starting or destroying a domain, and a connection
// for it. A domain with cards may take minutes, and gets its own connection, so
// that nothing else waits for it or is cut with it. done releases the
// connection.
func (d *Driver) heavy(ctx context.Context, dom libvirt.Domain) (own *link, limit time.Duration, done func(), err error) {
	domain, err := d.live(ctx, dom)
	if err != nil {
		return nil, 0, nil, err
	}
	limit = heavyFor(domain)
	if limit == heavyLimit {
		return &d.link, limit, func() {}, nil
	}
	own = d.link.beside()
	stop := context.AfterFunc(d.life, own.close)
	// In the background: a call whose caller has left continues until its
	// limit.
	return own, limit, func() {
		d.background.Go(func() { own.calls.Wait(); stop(); own.close() })
	}, nil
}

func heavyFor(domain *libvirtxml.Domain) time.Duration {
	functions := len(passed(domain))
	if functions == 0 {
		return heavyLimit
	}
	limit := heavyLimit + time.Duration(functions)*functionLimit
	if domain.MemoryBacking == nil || domain.MemoryBacking.MemoryHugePages == nil {
		limit += time.Duration(mebibytes(domain.Memory)/pinStep) * time.Minute
	}
	return min(limit, maxHeavyLimit)
}

// mebibytes parses a size in KiB, as libvirt writes it, or in document's
// format.
func mebibytes(m *libvirtxml.DomainMemory) uint64 {
	switch {
	case m == nil:
		return 0
	case m.Unit == "MiB":
		return uint64(m.Value)
	}
	return uint64(m.Value) >> 10
}
