package host

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/taskdir"
)

// TestTaskWithDisksElsewhere: an id by which the privileged side knows disks is refused
// before anything is recorded, though the journal has forgotten it.
func TestTaskWithDisksElsewhere(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		const used = "bbbbbbbbbbbbbbbbbbbb"
		kept := w.keep(1, alice, 48*time.Hour, 5200)
		ctx := context.Background()
		for _, holder := range []string{used, kept.ID} { // it has them, and had them
			if err := w.guests.TakeOver(ctx, kept.ID, guests.Claim{TaskID: holder, RentID: 1}); err != nil {
				t.Fatal(err)
			}
			o := w.order(w.ledger.rent(2, alice, time.Hour, 0), 5201)
			o.TaskID = used
			if _, err := w.host.Create(ctx, o); !errors.Is(err, ErrExists) {
				t.Errorf("held by %s: %v", holder, err)
			}
			if got, err := w.journal.Task(used); !errors.Is(err, journal.ErrNotFound) {
				t.Errorf("it was recorded: %+v, %v", got, err)
			}
		}
	})
}

// asked remembers what is measured of VMs and of the disk, in order.
type asked struct {
	Files
	*box
	mu    sync.Mutex
	order []string
}

func (a *asked) add(what string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.order = append(a.order, what)
}

func (a *asked) Stored(ctx context.Context, folder string) (taskdir.Stored, error) {
	a.add("VM")
	return a.Files.Stored(ctx, folder)
}

func (a *asked) FreeGiB(path string) (uint64, error) {
	a.add("transaction")
	return a.box.FreeGiB(path)
}

// TestNothingIsMeasuredInATransaction: the privileged side may be another process, and
// whatever else the journal records would wait for its answer.
func TestNothingIsMeasuredInATransaction(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		first := w.create(w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200))
		settle(time.Second)
		a := &asked{Files: w.guests, box: w.box}
		w.host.deps.Files, w.host.deps.Computer = a, a
		w.create(w.order(w.ledger.rent(2, alice, time.Hour, 1), 5201))
		if _, err := w.host.AddDisk(context.Background(), as(alice, 1), first.ID, 1); err != nil {
			t.Fatal(err)
		}
		if want := []string{"VM", "transaction", "VM", "VM", "transaction"}; !slices.Equal(a.order, want) {
			t.Errorf("measured %q, want %q", a.order, want)
		}
		settle(time.Second)
	})
}

// TestRoomOfLeavingVMs: all that is stored for a VM comes free with it, and only what its
// disks have counts for what was promised to them.
func TestRoomOfLeavingVMs(t *testing.T) {
	t.Parallel()
	h := &Host{deps: Deps{Computer: &box{free: 100}}}
	tasks := []journal.Task{{ID: "a", Reserved: journal.Reservation{DiskGiB: 20}}, {ID: "b", Reserved: journal.Reservation{DiskGiB: 30}}}
	r := room{host: h, stored: map[string]taskdir.Stored{"a": {Disks: 5 << 30, All: 9 << 30}, "b": {Disks: 40 << 30, All: 41 << 30}}}
	for name, c := range map[string]struct {
		leaving []journal.Task
		want    uint64
	}{
		"none": {nil, 100 - 15}, "a": {tasks[:1], 100 + 9}, "b": {tasks[1:], 100 + 41 - 15}, "both": {tasks, 100 + 50},
	} {
		if got, err := r.freeGiB(tasks, c.leaving); err != nil || got != c.want {
			t.Errorf("%s leaving: %d GiB, %v, want %d", name, got, err, c.want)
		}
	}
	if err := r.check(append(tasks, journal.Task{ID: "c"})); !errors.Is(err, errUnmeasured) {
		t.Errorf("a task that came later: %v", err)
	}
}

// TestMeasuredAgain: a task that came after the measurement is measured too, but a crowd of
// them stops nobody.
func TestMeasuredAgain(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		calls := 0
		err := w.host.measured(context.Background(), func(r room) error {
			calls++
			return r.check([]journal.Task{{ID: "another"}})
		})
		if err != nil || calls != maxMeasurements {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}
