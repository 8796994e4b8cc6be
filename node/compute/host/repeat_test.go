package host

import (
	"errors"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/compute/journal"
)

// TestCreateCanBeRepeated verifies that an id with the same content is the same
// task, whatever it has become, and with another content or of another wallet none.
func TestCreateCanBeRepeated(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		o := w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200)
		o.TaskID, o.Asked = "3mJr7AoUXx2Wqd4yHw9kPz", "one"
		first := w.create(o)
		settle(time.Second)
		again, err := w.host.Create(t.Context(), o)
		if err != nil || again.ID != first.ID || again.Created != first.Created || len(tasksOf(t, w)) != 1 {
			t.Fatalf("%+v, %v", again, err)
		}
		for name, change := range map[string]func(o *Order){
			"another content": func(o *Order) { o.Asked = "two" },
			"no content":      func(o *Order) { o.Asked = "" },
			"another wallet":  func(o *Order) { o.Rental.Renter = bob },
		} {
			other := o
			change(&other)
			if _, err := w.host.Create(t.Context(), other); !errors.Is(err, ErrExists) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.host.Delete(as(alice, 1), first.ID); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.empty()
	})
}

// TestPortsAreChosen verifies that the node chooses free ports of its range, each
// once, and refuses when there is none left.
func TestPortsAreChosen(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.box.taken = 5201
		o := w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200)
		o.PortFirst, o.PortLast = 5200, 5203
		o.Ports = []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Guest: 22}, {Name: "web", Protocol: "tcp", Host: 5200, Guest: 80}, {Name: "more", Protocol: "tcp", Guest: 81}}
		task := w.create(o)
		seen := map[uint16]bool{}
		for _, p := range task.Network.Ports {
			if p.Host < 5200 || p.Host > 5203 || p.Host == 5201 || seen[p.Host] {
				t.Errorf("%+v", task.Network.Ports)
			}
			seen[p.Host] = true
		}
		settle(time.Second)
		o.TaskID, o.GPUs, o.CPUs = "", 0, 2
		o.Ports = []journal.Port{{Name: journal.PortSSH, Protocol: "tcp", Guest: 22}}
		if _, err := w.host.Create(t.Context(), o); !errors.Is(err, ErrPortTaken) {
			t.Errorf("no port is left: %v", err)
		}
	})
}

func tasksOf(t *testing.T, w *world) []journal.Task {
	t.Helper()
	all, err := w.host.Tasks(alice)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
