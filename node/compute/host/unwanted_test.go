package host

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dbc-network/dbc/vm"
)

// TestDeleteWhileGivingUpDeletes: deleting a VM on kept disks deletes them, even
// while its create is being undone.
func TestDeleteWhileGivingUpDeletes(t *testing.T) {
	for _, undoing := range []bool{false, true} {
		t.Run(fmt.Sprint(undoing), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				old := w.keep(1, alice, 20*time.Hour, 5200)
				w.box.ready = errNotReady
				task := w.create(w.again(2, old.ID))
				settle(time.Second)
				if undoing {
					w.driver.Fail("Stop", vm.ErrUnavailable)
					settle(70 * time.Second)
				}
				if err := w.host.Delete(as(alice, 2), task.ID); err != nil {
					t.Fatal(err)
				}
				settle(time.Second)
				w.driver.Fail("Stop", nil)
				settle(time.Minute)
				if _, err := w.host.Task(alice, task.ID); !errors.Is(err, ErrNotFound) {
					t.Errorf("the VM: %v", err)
				}
				w.holds(old.ID, "")
				w.lists(alice)
			})
		})
	}
}

// TestEndWhileGivingUp: a rental that ends while its create is undone leaves no task
// that promises disks which belong to another or don't exist.
func TestEndWhileGivingUp(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		old := w.keep(1, alice, 20*time.Hour, 5200)
		w.box.ready = errNotReady
		task := w.create(w.again(2, old.ID))
		settle(time.Second)
		w.driver.Fail("Stop", vm.ErrUnavailable)
		settle(70 * time.Second)
		w.ledger.end(2, false)
		settle(11 * time.Second)
		w.driver.Fail("Stop", nil)
		settle(time.Minute)
		got, err := w.journal.Task(task.ID)
		t.Logf("%+v %v", got.Progress.State, err)
		t.Logf("give back %v, from %q, disks %q, kept until %v, reserved %+v", got.Restored.GiveBack, got.Restored.From, got.Disks.Folder, got.Keep.Until, got.Reserved)
		w.holds(old.ID, written)
		if isKept(got) {
			if err := w.host.Delete(as(alice), task.ID); err != nil {
				t.Fatal(err)
			}
			settle(time.Minute)
			w.holds(old.ID, "")
			w.lists(alice)
		}
	})
}
