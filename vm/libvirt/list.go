package libvirt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/digitalocean/go-libvirt"

	"github.com/dbc-network/dbc/vm"
)

// Get implements vm.Driver.
func (d *Driver) Get(ctx context.Context, id vm.UUID) (vm.Domain, error) {
	_, now, err := d.find(ctx, id)
	return now, err
}

// List implements vm.Driver.
func (d *Driver) List(ctx context.Context) ([]vm.Domain, error) {
	all, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) ([]libvirt.Domain, error) {
		domains, _, err := l.ConnectListAllDomains(1, 0)
		return domains, err
	})
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	list := make([]vm.Domain, 0, len(all))
	for _, dom := range all {
		ours, err := d.isOurs(ctx, dom)
		if err != nil {
			return nil, err
		}
		if !ours {
			continue
		}
		now, err := d.status(ctx, dom)
		if errors.Is(err, vm.ErrNotFound) {
			continue // undefined meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, now)
	}
	return list, nil
}

// Pauses between attempts to reach libvirtd.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 3 * time.Second
)

// Watch implements vm.Driver. It also sends the UUIDs of foreign domains, for
// which Get returns vm.ErrNotFound.
func (d *Driver) Watch(ctx context.Context) (<-chan vm.UUID, error) {
	events, err := d.subscribe(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan vm.UUID)
	go func() {
		defer close(out)
		for events != nil {
			d.forward(ctx, events, out)
			events = d.resubscribe(ctx)
		}
	}()
	return out, nil
}

// subscribe makes a trivial call afterwards: if the connection had been lost
// while the library registered the stream, it would never close the stream.
func (d *Driver) subscribe(ctx context.Context) (<-chan libvirt.DomainEventLifecycleMsg, error) {
	events, err := call(ctx, &d.link, callLimit, func(l *libvirt.Libvirt) (<-chan libvirt.DomainEventLifecycleMsg, error) {
		events, err := l.LifecycleEvents(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := l.ConnectGetLibVersion(); err != nil {
			return nil, err
		}
		return events, nil
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to events: %w", err)
	}
	return events, nil
}

// resubscribe retries until ctx is done, and then returns nil.
func (d *Driver) resubscribe(ctx context.Context) <-chan libvirt.DomainEventLifecycleMsg {
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		select {
		case <-ctx.Done():
			return nil
		case <-d.life.Done():
			return nil
		case <-time.After(pause):
		}
		events, err := d.subscribe(ctx)
		if err == nil {
			return events
		}
		d.log.Warn("libvirt is out of reach, trying again", "err", err)
	}
}

// forward returns when the connection is lost or ctx is done. The library's
// goroutine blocks on a send, so the remaining events are drained either way.
func (d *Driver) forward(ctx context.Context, events <-chan libvirt.DomainEventLifecycleMsg, out chan<- vm.UUID) {
	defer func() {
		for range events { // draining
		}
	}()
	select {
	case out <- "":
	case <-ctx.Done():
		return
	}
	for event := range events {
		select {
		case out <- formatUUID(event.Dom.UUID):
		case <-ctx.Done():
			return
		}
	}
}
