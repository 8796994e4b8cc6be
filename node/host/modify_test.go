package host

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/journal"
)

func TestModify(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running() // 2 CPUs and 512 MiB of a share of 4 and 4000
		ctx := context.Background()
		modify := func(c Change) error { return w.host.Modify(ctx, alice, []uint64{1}, task.ID, c) }
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
		if err := w.host.Modify(ctx, bob, []uint64{1}, task.ID, Change{CPUs: 4}); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's VM: %v", err)
		}
		if got := w.task(task.ID); got.CPUs != 2 || got.Pending || got.Reserved.CPUs != 2 {
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
		spec, _ := w.driver.Spec(task.UUID)
		if spec.VCPUs != 4 || spec.MemoryMiB != 256 || got.Reserved.CPUs != 4 || got.Reserved.MemoryMiB != 256 || got.Pending {
			t.Errorf("after the restart: %d CPUs, %d MiB, %+v", spec.VCPUs, spec.MemoryMiB, got.Reserved)
		}
		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		if err := modify(Change{CPUs: 2}); err != nil {
			t.Fatal(err)
		}
		if got := w.task(task.ID); got.Reserved.CPUs != 2 || got.Pending {
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
			if err := w.host.Modify(ctx, alice, []uint64{1}, task.ID, Change{SSHPort: port}); !errors.Is(err, ErrPortTaken) {
				t.Errorf("port %d: %v", port, err)
			}
		}
		web := journal.Port{Protocol: "tcp", Host: 5202, Guest: 80}
		if err := w.host.Modify(ctx, alice, []uint64{1}, task.ID, Change{SSHPort: 5201, Ports: []journal.Port{web}}); err != nil {
			t.Fatal(err)
		}
		want := []journal.Port{{Protocol: "tcp", Host: 5201, Guest: 22}, web}
		got := w.task(task.ID)
		if len(got.Ports) != 2 || got.Ports[0] != want[0] || got.Ports[1] != want[1] || len(got.Reserved.Ports) != 2 {
			t.Errorf("ports %+v, reserved %+v", got.Ports, got.Reserved.Ports)
		}
		if n := w.wires.ports(5201) + w.wires.ports(5202); n != 2 || w.wires.ports(5200) != 0 {
			t.Errorf("%d of the new ports are bound", n)
		}
		// The old one is given back.
		if err := w.host.Modify(ctx, bob, []uint64{2}, other.ID, Change{SSHPort: 5200}); err != nil {
			t.Error(err)
		}
		// Custom ports can all be removed; SSH's stays.
		if err := w.host.Modify(ctx, alice, []uint64{1}, task.ID, Change{NoPorts: true}); err != nil {
			t.Error(err)
		}
		if got := w.task(task.ID); len(got.Ports) != 1 || len(got.Reserved.Ports) != 1 || w.wires.ports(5202) != 0 || w.wires.ports(5201) != 1 {
			t.Errorf("ports %+v, reserved %+v", got.Ports, got.Reserved.Ports)
		}
		w.wires.fail(errors.New("no table"))
		if err := w.host.Modify(ctx, alice, []uint64{1}, task.ID, Change{SSHPort: 5209}); err == nil {
			t.Error("a change that could not be made was taken")
		}
		if got := w.task(task.ID); got.Ports[0].Host != 5201 || got.Reserved.Ports[0].Host != 5201 {
			t.Errorf("ports after the failure: %+v", got.Ports)
		}
		w.wires.fail(nil)
	})
}

func (w *wires) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// ports counts the bindings of a host's port.
func (w *wires) ports(host uint16) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.last {
		for _, p := range b.Ports {
			if p.Host == host {
				n++
			}
		}
	}
	return n
}
