package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

const written = "what the renter wrote"

// keep makes a VM with data on its disk, and ends its rental.
func (w *world) keep(rent uint64, renter string, length time.Duration, port uint16) journal.Task {
	w.t.Helper()
	o := w.order(w.ledger.rent(rent, renter, length, 0), port)
	o.DataGiB = 5
	task := w.create(o)
	settle(time.Second)
	if err := os.WriteFile(w.disk(task.ID), []byte(written), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.ledger.end(rent, false)
	settle(11 * time.Second)
	if got := w.task(task.ID); !isKept(got) {
		w.t.Fatalf("not kept: %+v", got)
	}
	return task
}

func (w *world) disk(id string) string { return filepath.Join(w.dir, "tasks", id, taskdir.System) }

func (w *world) again(rent uint64, from string) Order {
	o := w.order(w.ledger.rent(rent, alice, 3*time.Hour, 0), 5200)
	o.Image, o.RestoreTaskID = "", from
	return o
}

func (w *world) holds(id, want string) {
	w.t.Helper()
	text, err := os.ReadFile(w.disk(id))
	if string(text) != want || (want == "") != errors.Is(err, os.ErrNotExist) {
		w.t.Errorf("the disk of %s holds %q, %v, want %q", id, text, err, want)
	}
}

// lists returns the ids that a wallet sees.
func (w *world) lists(wallet string, want ...string) {
	w.t.Helper()
	tasks, err := w.host.Tasks(wallet)
	var ids []string
	for _, t := range tasks {
		ids = append(ids, t.ID)
	}
	if fmt.Sprint(ids) != fmt.Sprint(want) || err != nil {
		w.t.Errorf("listed are %v, %v, want %v", ids, err, want)
	}
}

// TestKeptForAsLongAsItLasted: disks are kept for as long as the rental was in the end,
// also if the renter left it, or renewed it, while the node did not hear the chain.
func TestKeptForAsLongAsItLasted(t *testing.T) {
	for name, length := range map[string]time.Duration{"left": 2 * time.Hour, "renewed": 30 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				r := w.ledger.rent(1, alice, 24*time.Hour, 0)
				task := w.create(w.order(r, 5200))
				settle(time.Second)
				w.loseChain(true)
				over := r.Start.Add(length)
				settle(min(length, 20*time.Hour))
				w.ledger.end(1, false)
				w.ledger.over[1] = journal.Over{At: over, End: over, Reason: w.ledger.over[1].Reason}
				w.loseChain(false)
				settle(2 * time.Minute)
				if got := w.task(task.ID); !isKept(got) || !got.Keep.Until.Equal(over.Add(length)) {
					t.Errorf("kept until %s, want %s", got.Keep.Until, over.Add(length))
				}
			})
		})
	}
}

func TestKeptDisksComeBack(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		old := w.keep(1, alice, 2*time.Hour, 5200)
		w.lists(alice, old.ID)
		task := w.create(w.again(2, old.ID))
		settle(time.Second)
		got := w.task(task.ID)
		spec, _ := w.driver.Spec(got.Identity.UUID)
		if got.Progress.State != lifecycle.Running || spec.Disks[0].Path != w.disk(old.ID) || got.Disks.Image.Name != "tiny.qcow2" {
			t.Fatalf("%s (%s), disks %+v", got.Progress.State, got.Progress.Reason, spec.Disks)
		}
		if got.Identity.HostKeyPublic != old.Identity.HostKeyPublic || got.Disks.Data[0].GiB != 5 || got.Reserved.DiskGiB != 15 || w.task(old.ID).Reserved.DiskGiB != 0 {
			t.Errorf("got %+v", got)
		}
		w.holds(old.ID, written)
		w.lists(alice, task.ID)
		if _, err := w.host.Task(alice, old.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("the old task is shown: %v", err)
		}
		// Its own time is over, but the disks are in use.
		settle(3 * time.Hour)
		w.holds(old.ID, written)
		w.ledger.end(2, false)
		settle(11 * time.Second)
		w.holds(old.ID, written)

		// And once more.
		third := w.create(w.again(3, task.ID))
		settle(time.Second)
		w.holds(old.ID, written)
		w.lists(alice, third.ID)
		if err := w.host.Delete(as(alice, 3), third.ID); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.empty()
	})
}

const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE3ZbO0cPDUcFx5dPMI1vzR2qXkP8sWz3XIeVqh7uQfL"

// TestRestoreInherits: to its guest the VM is the same one. A guest that already
// knows its login and address is not set up again; any other is, as the same VM.
func TestRestoreInherits(t *testing.T) {
	for name, c := range map[string]struct {
		order func(w *world, o *Order)
		same  bool
	}{
		"the same login": {func(*world, *Order) {}, true},
		"another key":    {func(_ *world, o *Order) { o.AuthorizedKeys = []string{aKey, otherKey} }, false},
		"a password":     {func(_ *world, o *Order) { o.AuthorizedKeys = nil }, false},
		"its address is taken": {func(w *world, _ *Order) {
			w.create(w.order(w.ledger.rent(7, bob, time.Hour, 1), 5300))
			settle(time.Second)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				old := w.task(w.keep(1, alice, 2*time.Hour, 5200).ID)
				if d := old.Disks; d.Image.Digest != imageDigest || d.System.Format != journal.QCOW2 || d.Data[0].Format != journal.Raw {
					t.Errorf("disks are %+v", d)
				}
				o := w.again(2, old.ID)
				c.order(w, &o)
				got := w.create(o)
				settle(time.Second)
				got = w.task(got.ID)
				if got.Progress.State != lifecycle.Running {
					t.Fatalf("%s, %s", got.Progress.State, got.Progress.Reason)
				}
				if same := got.Identity.InstanceID == old.Identity.InstanceID; same != c.same || got.Identity.InstanceID == "" {
					t.Errorf("instance %s after %s", got.Identity.InstanceID, old.Identity.InstanceID)
				}
				want := old.Identity.Clone()
				want.InstanceID = got.Identity.InstanceID
				if !reflect.DeepEqual(got.Identity, want) || !reflect.DeepEqual(got.Disks, old.Disks) || got.Domain == old.Domain {
					t.Errorf("got %+v %+v %s, want %+v %+v", got.Identity, got.Disks, got.Domain, want, old.Disks)
				}
				spec, ok := w.driver.Spec(old.Identity.UUID)
				if !ok || spec.Name != got.Domain || spec.NIC.MAC.String() != old.Card().MAC || w.domain(old.Identity.UUID) != vm.StateRunning {
					t.Errorf("the domain is %+v, %v", spec, ok)
				}
				settle(11 * time.Second) // the task that kept them has the same UUID and is left alone
				if w.domain(old.Identity.UUID) != vm.StateRunning || w.task(got.ID).Progress.Restarts != 0 {
					t.Errorf("it was started again: %+v", w.task(got.ID).Progress)
				}
			})
		})
	}
}

func TestKeptDisksAreRefused(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		old := w.keep(1, alice, 2*time.Hour, 5200)
		running := w.create(w.order(w.ledger.rent(2, alice, 9*time.Hour, 1), 5201))
		settle(time.Second)
		mine := w.again(3, old.ID)
		for name, c := range map[string]struct {
			change func(o *Order)
			field  string
		}{
			"another's":     {func(o *Order) { o.Rental.Renter = bob }, "restore_task_id"},
			"none":          {func(o *Order) { o.RestoreTaskID = "3mJr7AoUXx2Wqd4yHw9kPz" }, "restore_task_id"},
			"running":       {func(o *Order) { o.RestoreTaskID = running.ID }, "restore_task_id"},
			"another image": {func(o *Order) { o.Image = "debian-12.qcow2" }, "image_name"},
			"a new disk":    {func(o *Order) { o.DataGiB = 1 }, "disk_size"},
		} {
			o := mine
			c.change(&o)
			_, err := w.host.Create(context.Background(), o)
			r := new(Refusal)
			if !errors.As(err, &r) || r.Field != c.field || r.Remedy == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.lists(alice, old.ID, running.ID)
		settle(2 * time.Hour)
		if _, err := w.host.Create(context.Background(), mine); !errors.Is(err, ErrNotFound) {
			t.Errorf("too late: %v", err)
		}
	})
}

// TestKeptDisksSurviveAFailure: disks that a VM could not use, or that a refund
// took away, are the renter's as before.
func TestKeptDisksSurviveAFailure(t *testing.T) {
	for name, fail := range map[string]func(w *world) journal.Task{
		"create fails": func(w *world) journal.Task {
			w.driver.Fail("Start", errors.New("no memory"))
			return w.create(w.again(2, w.task(keptID).ID))
		},
		"trial refunded": func(w *world) journal.Task {
			task := w.create(w.again(2, keptID))
			settle(time.Second)
			w.ledger.end(2, true)
			return task
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				o := w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200)
				o.TaskID = keptID
				w.create(o)
				settle(time.Second)
				w.ledger.end(1, false)
				settle(11 * time.Second)
				if err := os.WriteFile(w.disk(keptID), []byte(written), 0o600); err != nil {
					t.Fatal(err)
				}
				task := fail(w)
				settle(11 * time.Second)
				w.holds(keptID, written)
				got := w.task(keptID)
				if !isKept(got) || got.Reserved.DiskGiB != 10 {
					t.Errorf("kept: %+v", got)
				}
				if got, err := w.journal.Task(task.ID); err == nil && got.Reserved.DiskGiB != 0 {
					t.Errorf("the failed one holds %+v", got.Reserved)
				}
				settle(3 * time.Hour)
				w.holds(keptID, "")
			})
		})
	}
}

const keptID = "2mJr7AoUXx2Wqd4yHw9kPz"

// TestKillInRestore kills the host before and after each step of a create on
// kept disks.
func TestKillInRestore(t *testing.T) {
	for _, s := range steps[1:] {
		for _, moment := range []string{"before", "after"} {
			t.Run(s.name+"/"+moment, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					w.boot(nil)
					old := w.keep(1, alice, 2*time.Hour, 5200)
					w.stop()
					k := &killer{w: w, name: s.name, moment: moment}
					w.boot(k.wrap)
					task := w.create(w.again(2, old.ID))
					settle(time.Second)
					if k.left == "" {
						t.Fatal("the kill did not come")
					}
					w.revive(k.left)
					defer w.stop()
					settle(2 * w.host.cfg.Period)
					w.holds(old.ID, written)
					if got := w.task(task.ID); got.Progress.State != lifecycle.Running || w.domain(got.Identity.UUID) != vm.StateRunning {
						t.Errorf("%s (%s)", got.Progress.State, got.Progress.Reason)
					}
				})
			})
		}
	}
}

// TestKillInGivingBack: a kill while a failed create is undone loses no disk.
func TestKillInGivingBack(t *testing.T) {
	for _, s := range steps {
		for _, moment := range []string{"before", "after"} {
			t.Run(s.name+"/"+moment, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				synctest.Test(t, func(t *testing.T) {
					w.t = t
					w.boot(nil)
					old := w.keep(1, alice, 2*time.Hour, 5200)
					w.stop()
					k := &killer{w: w, name: s.name, moment: moment, undoing: true}
					w.boot(k.wrap)
					w.driver.Fail("Start", errors.New("no memory"))
					w.create(w.again(2, old.ID))
					settle(time.Second)
					if k.left == "" {
						t.Fatal("the kill did not come")
					}
					w.revive(k.left)
					defer w.stop()
					settle(2 * w.host.cfg.Period)
					w.holds(old.ID, written)
					if got := w.task(old.ID); !isKept(got) || got.Reserved.DiskGiB != 15 {
						t.Errorf("kept: %+v", got)
					}
				})
			})
		}
	}
}

func TestEviction(t *testing.T) {
	for name, c := range map[string]struct {
		evict bool
		free  uint64
		// left are the kept disks that stay, of the first and the second rental to end.
		left []bool
		want error
	}{
		"room for all":        {true, 60, []bool{true, true}, nil},
		"the oldest makes it": {true, 45, []bool{false, true}, nil},
		"both":                {true, 32, []bool{false, false}, nil},
		"not enough anyway":   {true, 20, []bool{true, true}, ErrDisk},
		"not promised":        {false, 45, []bool{true, true}, ErrDisk},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.ledger.facts.KeepDiskPolicy = keepPolicy(c.evict)
				kept := []journal.Task{w.keep(1, alice, 48*time.Hour, 5200), w.keep(2, bob, 48*time.Hour, 5200)}
				w.box.free = c.free
				o := w.order(w.ledger.rent(3, alice, 48*time.Hour, 1), 5200)
				o.DataGiB = 15 // and 10 for the system
				_, err := w.host.Create(context.Background(), o)
				if !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				settle(6 * time.Second)
				for i, stays := range c.left {
					want := written
					if !stays {
						want = ""
					}
					w.holds(kept[i].ID, want)
				}
			})
		})
	}
}

// TestAddedDiskEvictsNothing: listings promise kept disks' room to new VMs only. The
// refusal says what takes up the room and who may free it.
func TestAddedDiskEvictsNothing(t *testing.T) {
	for name, evict := range map[string]bool{"promised to new VMs": true, "not promised": false} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.ledger.facts.KeepDiskPolicy = keepPolicy(evict)
				mine, theirs := w.keep(1, alice, 48*time.Hour, 5200), w.keep(2, bob, 48*time.Hour, 5200)
				task := w.create(w.order(w.ledger.rent(3, alice, 48*time.Hour, 1), 5200))
				settle(6 * time.Second)
				w.box.free = 15 + 15 + 10 + 1 // what was promised, and one
				_, err := w.host.AddDisk(context.Background(), as(alice, 3), task.ID, 5)
				var refusal *Refusal
				if !errors.As(err, &refusal) || !errors.Is(err, ErrDisk) {
					t.Fatal(err)
				}
				own := "delete your kept disks (" + mine.ID + "), which frees 15 GiB"
				if !strings.Contains(refusal.Remedy, own) || strings.Contains(refusal.Remedy, theirs.ID) ||
					strings.Contains(refusal.Remedy, "make room (15 GiB) for a new VM only") != evict {
					t.Errorf("remedy %q", refusal.Remedy)
				}
				settle(6 * time.Second)
				w.holds(mine.ID, written)
				w.holds(theirs.ID, written)
				if err := w.host.Delete(as(alice, 3), mine.ID); err != nil {
					t.Fatal(err)
				}
				settle(6 * time.Second)
				if _, err := w.host.AddDisk(context.Background(), as(alice, 3), task.ID, 5); err != nil {
					t.Errorf("as the refusal said: %v", err)
				}
				settle(6 * time.Second)
			})
		})
	}
}

func TestRenterDeletesKeptDisks(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		old := w.keep(1, alice, 48*time.Hour, 5200)
		if err := w.host.Delete(as(bob, 2), old.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another's delete: %v", err)
		}
		if err := w.host.Delete(as(alice, 3), old.ID); err != nil {
			t.Fatal(err)
		}
		settle(6 * time.Second)
		w.empty()
	})
}

func keepPolicy(evict bool) machine.KeepDiskPolicy {
	if evict {
		return machine.KEEP_DISK_POLICY_EVICT
	}
	return machine.KEEP_DISK_POLICY_FIRM
}
