package host

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
)

func TestModify(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running() // 2 CPUs and 512 MiB of a share of 4 and 4000
		ctx := context.Background()
		modify := func(c Change) error { return w.host.Modify(ctx, as(alice, 1), task.ID, c) }
		for name, c := range map[string]struct {
			change Change
			want   error
		}{
			"odd CPUs":      {Change{CPUs: 3}, ErrInvalid},
			"many CPUs":     {Change{CPUs: 6}, ErrShare},
			"much memory":   {Change{MemoryMiB: 4001}, ErrShare},
			"little memory": {Change{MemoryMiB: 1}, ErrInvalid},
		} {
			if err := modify(c.change); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.host.Modify(ctx, as(bob, 1), task.ID, Change{CPUs: 4}); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's VM: %v", err)
		}
		if got := w.task(task.ID); got.Wanted.CPUs != 2 || got.Wanted.Pending || got.Reserved.CPUs != 2 {
			t.Fatalf("changed by a refused request: %+v", got)
		}
		if err := modify(Change{CPUs: 4, MemoryMiB: 256}); err != nil {
			t.Fatal(err)
		}
		if got := w.task(task.ID); got.Reserved.CPUs != 4 || got.Reserved.MemoryMiB != 512 || len(Warnings(got, time.Now())) != 1 {
			t.Errorf("while it runs: %+v, %v", got.Reserved, Warnings(got, time.Now()))
		}
		w.ask(task.ID, lifecycle.Restart)
		settle(time.Second)
		got := w.task(task.ID)
		spec, _ := w.driver.Spec(task.Identity.UUID)
		if spec.VCPUs != 4 || spec.MemoryMiB != 256 || got.Reserved.CPUs != 4 || got.Reserved.MemoryMiB != 256 || got.Wanted.Pending {
			t.Errorf("after the restart: %d CPUs, %d MiB, %+v", spec.VCPUs, spec.MemoryMiB, got.Reserved)
		}
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		if err := modify(Change{CPUs: 2}); err != nil {
			t.Fatal(err)
		}
		if got := w.task(task.ID); got.Reserved.CPUs != 2 || got.Wanted.Pending {
			t.Errorf("while it is off: %+v", got)
		}
	})
}

func TestModifyPorts(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		other := w.create(w.order(w.ledger.rent(2, bob, time.Hour, 1), 5300))
		settle(time.Second)
		ctx := context.Background()
		w.box.taken = 5400
		for _, port := range []uint16{5300, 5400} {
			if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{SSHPort: port}); !errors.Is(err, ErrPortTaken) {
				t.Errorf("port %d: %v", port, err)
			}
		}
		web := journal.Port{Name: "web", Protocol: "tcp", Host: 5202, Guest: 80}
		if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{SSHPort: 5201, Ports: []journal.Port{web}}); err != nil {
			t.Fatal(err)
		}
		want := []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: 5201, Guest: 22}, web}
		got := w.task(task.ID)
		if !slices.EqualFunc(got.Network.Ports, want, journal.Port.Equal) || len(got.Reserved.Ports) != 2 {
			t.Errorf("ports %+v, reserved %+v", got.Network.Ports, got.Reserved.Ports)
		}
		if n := w.ports(5201) + w.ports(5202); n != 2 || w.ports(5200) != 0 {
			t.Errorf("%d of the new ports are bound", n)
		}
		// The old one is given back.
		if err := w.host.Modify(ctx, as(bob, 2), other.ID, Change{SSHPort: 5200}); err != nil {
			t.Error(err)
		}
		// From where each can be reached, which stays with the port where only that moves.
		home := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
		web.Sources = home
		if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{SSHSources: home, Ports: []journal.Port{web}}); err != nil {
			t.Error(err)
		}
		if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{SSHPort: 5203}); err != nil {
			t.Error(err)
		}
		want = []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Host: 5203, Guest: 22, Sources: home}, web}
		if got := w.task(task.ID); !slices.EqualFunc(got.Network.Ports, want, journal.Port.Equal) {
			t.Errorf("ports %+v, want %+v", got.Network.Ports, want)
		}
		if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{SSHPort: 5201, SSHSources: []netip.Prefix{}}); err != nil {
			t.Error(err)
		}
		if got := w.task(task.ID); len(got.Network.Ports[0].Sources) != 0 || len(got.Network.Ports[1].Sources) != 1 {
			t.Errorf("ports %+v, want SSH's open to all", got.Network.Ports)
		}
		// Custom ports can all be removed; SSH's stays.
		if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{NoPorts: true}); err != nil {
			t.Error(err)
		}
		if got := w.task(task.ID); len(got.Network.Ports) != 1 || len(got.Reserved.Ports) != 1 || w.ports(5202) != 0 || w.ports(5201) != 1 {
			t.Errorf("ports %+v, reserved %+v", got.Network.Ports, got.Reserved.Ports)
		}
		w.guests.FailConnect(errors.New("no table"))
		if err := w.host.Modify(ctx, as(alice, 1), task.ID, Change{SSHPort: 5209}); err == nil {
			t.Error("a change that could not be made was taken")
		}
		if got := w.task(task.ID); got.Network.Ports[0].Host != 5201 || got.Reserved.Ports[0].Host != 5201 {
			t.Errorf("ports after the failure: %+v", got.Network.Ports)
		}
		w.guests.FailConnect(nil)
	})
}

// TestModifyPortsOfTheNodesChoice verifies that a port that is auto stays where one leads
// there already, is a free one otherwise, and that SSH's moves.
func TestModifyPortsOfTheNodesChoice(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.create(w.order(w.ledger.rent(2, bob, time.Hour, 1), 5301))
		settle(time.Second)
		modify := func(c Change) error {
			c.PortFirst, c.PortLast = 5300, 5303
			return w.host.Modify(t.Context(), as(alice, 1), task.ID, c)
		}
		w.box.taken = 5303
		web, dns := journal.Port{Name: "web", Protocol: "tcp", Guest: 80}, journal.Port{Name: "dns", Protocol: "tcp", Guest: 53}
		if err := modify(Change{Ports: []journal.Port{web}}); err != nil {
			t.Fatal(err)
		}
		first := w.task(task.ID).Network.Ports
		if len(first) != 2 || first[1].Host != 5300 && first[1].Host != 5302 || first[1].Guest != 80 || w.ports(first[1].Host) != 1 {
			t.Fatalf("ports %+v", first)
		}
		if err := modify(Change{Ports: []journal.Port{dns, web}}); err != nil {
			t.Fatal(err)
		}
		second := w.task(task.ID).Network.Ports
		if len(second) != 3 || !second[2].Equal(first[1]) || second[1].Host != 5300+5302-first[1].Host || w.ports(second[1].Host) != 1 {
			t.Errorf("ports %+v, then %+v", first, second)
		}
		if err := modify(Change{AutoSSH: true}); !errors.Is(err, ErrPortTaken) {
			t.Errorf("no port is free: %v", err)
		}
		if err := modify(Change{NoPorts: true, AutoSSH: true}); !errors.Is(err, ErrPortTaken) {
			t.Errorf("those that the same change gives back are not free yet: %v", err)
		}
		if err := errors.Join(modify(Change{NoPorts: true}), modify(Change{AutoSSH: true})); err != nil {
			t.Fatal(err)
		}
		last := w.task(task.ID).Network.Ports
		if len(last) != 1 || last[0].Guest != 22 || last[0].Host == first[0].Host || last[0].Host < 5300 || w.ports(first[0].Host) != 0 {
			t.Errorf("ports %+v", last)
		}
	})
}

// ports counts the bindings of a host port.
func (w *world) ports(host uint16) (n int) {
	for _, b := range w.guests.Connections() {
		for _, p := range b.Ports {
			if p.Host == host {
				n++
			}
		}
	}
	return n
}
