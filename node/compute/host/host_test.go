package host

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/api/notice"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests"
	guestsfake "github.com/dbc-network/dbc/node/guests/fake"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/seed"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

func TestMain(m *testing.M) {
	// A library of the SDK starts a timer when it is loaded.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/desertbit/timer.timerRoutine"))
}

// play runs a test in a bubble of simulated time, with a running host.
func play(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		w.t = t
		w.boot(nil)
		defer func() { w.stop() }()
		f(t, w)
	})
}

// TestUnknownKindIsGivenToNobody: a slot's kind decides, whatever its GPUs are called.
func TestUnknownKindIsGivenToNobody(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		slot := machine.Slot{Kind: 9, GpuType: "Test GPU", GpuCount: 1}
		w.ledger.facts.Slots = []machine.Slot{slot, slot}
		o := w.order(w.ledger.rent(1, alice, 24*time.Hour, 0, 1), 5200)
		if _, err := w.host.Create(t.Context(), o); !errors.Is(err, ErrNotSupported) {
			t.Errorf("%v, want ErrNotSupported", err)
		}
	})
}

func TestCreateRunsAndDeleteGivesBack(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.create(w.order(w.ledger.rent(1, alice, 24*time.Hour, 0, 1), 5200))
		settle(time.Second)
		got := w.task(task.ID)
		if got.Progress.State != lifecycle.Running || w.domain(task.Identity.UUID) != vm.StateRunning {
			t.Fatalf("status %s (%s), domain %s", got.Progress.State, got.Progress.Reason, w.domain(task.Identity.UUID))
		}
		for _, s := range got.Progress.Steps {
			if s.State != journal.StepDone || s.Started.IsZero() {
				t.Errorf("step %+v", s)
			}
		}
		if got.Wanted.GPUs != 2 || len(got.Reserved.Slots) != 2 || len(w.guests.Connections()) != 1 || got.Login.Password != "" {
			t.Errorf("%+v", got)
		}
		if err := w.host.Delete(as(bob, 1), task.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another wallet's delete: %v", err)
		}
		if err := w.host.Delete(as(alice, 2), task.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("another rental's delete: %v", err)
		}
		if err := w.host.Delete(as(alice, 1), task.ID); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		w.empty()
	})
}

func TestPasswordWithoutKey(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		o := w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200)
		o.AuthorizedKeys = nil
		task := w.create(o)
		if len(task.Login.Password) != 20 || !strings.HasPrefix(string(task.Login.PasswordHash), "$6$") {
			t.Errorf("password of %d characters", len(task.Login.Password))
		}
		settle(time.Second)
	})
}

// TestBadKeysAreRefused: keys that the seed would not accept are refused before
// anything is reserved, even where ssh's own parser would skip a line.
func TestBadKeysAreRefused(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		r := w.ledger.rent(1, alice, time.Hour, 0)
		for name, line := range map[string]string{
			"line end": aKey + "\n", "comment before": "# mine\n" + aKey, "option": `command="id" ` + aKey, "word": "hello", "empty": "",
		} {
			o := w.order(r, 5200)
			o.AuthorizedKeys = []string{line}
			_, err := w.host.Create(t.Context(), o)
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Field != "ssh_public_keys" {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.empty()
	})
}

func TestEndShutsDownAndKeepsDisks(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Second)
		w.driver.Deafen(true)
		w.ledger.end(1, false)
		settle(6 * time.Second)
		if got := w.task(task.ID); got.Progress.State != lifecycle.ShuttingDown || w.domain(task.Identity.UUID) != vm.StateStopping {
			t.Fatalf("status %s, domain %s", got.Progress.State, w.domain(task.Identity.UUID))
		}
		settle(StopAfter + 5*time.Second)
		got := w.task(task.ID)
		if got.Progress.State != lifecycle.Closed || w.domain(task.Identity.UUID) != "" {
			t.Fatalf("status %s, domain %q", got.Progress.State, w.domain(task.Identity.UUID))
		}
		if len(got.Reserved.Slots) != 0 || got.Reserved.CPUs != 0 || len(got.Reserved.Ports) != 0 || got.Reserved.DiskGiB == 0 {
			t.Errorf("reserved %+v", got.Reserved)
		}
		disk := filepath.Join(w.dir, "tasks", task.ID, taskdir.System)
		if _, err := os.Stat(disk); err != nil {
			t.Errorf("the disk is gone: %v", err)
		}
		settle(110 * time.Minute)
		if _, err := os.Stat(disk); err != nil {
			t.Errorf("the disk is gone early: %v", err)
		}
		settle(20 * time.Minute)
		w.empty()
	})
}

func TestRefundWipesAtOnce(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Second)
		w.driver.Deafen(true)
		w.ledger.end(1, true)
		settle(6 * time.Second)
		w.empty()
	})
}

func TestLostIsStartedAgain(t *testing.T) {
	for _, c := range []struct {
		why  vm.Reason
		want lifecycle.State
		dom  vm.State
	}{
		{vm.ReasonLost, lifecycle.Running, vm.StateRunning},
		{vm.ReasonCrashed, lifecycle.Running, vm.StateRunning},
		{vm.ReasonUnknown, lifecycle.Running, vm.StateRunning},
		{vm.ReasonDestroyed, lifecycle.Running, vm.StateRunning},
		{vm.ReasonGuest, lifecycle.Closed, vm.StateOff},
	} {
		t.Run("ended by "+string(c.why), func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
				settle(time.Second)
				w.driver.End(task.Identity.UUID, c.why)
				settle(10 * time.Second)
				if got := w.task(task.ID); got.Progress.State != c.want || w.domain(task.Identity.UUID) != c.dom {
					t.Errorf("status %s, domain %s", got.Progress.State, w.domain(task.Identity.UUID))
				}
			})
		})
	}
}

func TestDoubtDestroysNothingAndPausesAfterGrace(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Second)
		w.ledger.disbelieve(trust.ErrSilent)
		w.ledger.end(1, true)
		settle(2*time.Hour + 50*time.Minute)
		if got := w.domain(task.Identity.UUID); got != vm.StateRunning {
			t.Fatalf("within the grace: %s", got)
		}
		settle(15 * time.Minute)
		if got := w.domain(task.Identity.UUID); got != vm.StatePaused {
			t.Fatalf("after the grace: %s", got)
		}
		settle(12 * time.Hour)
		if _, err := os.Stat(filepath.Join(w.dir, "tasks", task.ID, taskdir.System)); err != nil {
			t.Errorf("the disk is gone: %v", err)
		}
		w.ledger.disbelieve(nil)
		settle(6 * time.Second)
		w.empty()
	})
}

func TestPausedGoesOnAfterRenewal(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.create(w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200))
		settle(time.Second)
		w.ledger.disbelieve(trust.ErrSilent)
		settle(3 * time.Hour)
		w.ledger.rent(1, alice, 5*time.Hour, 0)
		w.ledger.disbelieve(nil)
		settle(6 * time.Second)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Running || got.Progress.Paused || w.domain(task.Identity.UUID) != vm.StateRunning {
			t.Errorf("%s, paused %v, domain %s", got.Progress.State, got.Progress.Paused, w.domain(task.Identity.UUID))
		}
	})
}

// TestStoppedByAnother: somebody's virsh suspend does not deprive a renter of
// what they pay for, whether or not the chain answers.
func TestStoppedByAnother(t *testing.T) {
	for name, err := range map[string]error{"believed": nil, "in doubt": trust.ErrSilent} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				task := w.create(w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200))
				settle(time.Second)
				w.ledger.disbelieve(err)
				settle(6 * time.Second)
				if err := w.driver.Pause(t.Context(), task.Identity.UUID); err != nil {
					t.Fatal(err)
				}
				settle(11 * time.Second)
				if got := w.domain(task.Identity.UUID); got != vm.StateRunning {
					t.Errorf("the domain is %s", got)
				}
			})
		})
	}
}

// TestDiskWithoutRoom: a VM that its emulator stopped says why, is not retried
// all the time, and resumes once there is room.
func TestDiskWithoutRoom(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.create(w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200))
		settle(time.Second)
		w.driver.Starve(task.Identity.UUID, true)
		settle(time.Minute)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Running || !got.Progress.Reason.Is(notice.PausedDisk) || w.domain(task.Identity.UUID) != vm.StatePaused {
			t.Errorf("%s: %q, domain %s", got.Progress.State, got.Progress.Reason, w.domain(task.Identity.UUID))
		}
		tries := 0
		for _, call := range w.driver.Calls() {
			if strings.HasPrefix(call, "Resume ") {
				tries++
			}
		}
		if tries < 2 || tries > 13 {
			t.Errorf("%d tries in a minute, want one each period", tries)
		}
		w.driver.Starve(task.Identity.UUID, false)
		settle(11 * time.Second)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Running || got.Progress.Reason != nil || got.Progress.Paused || w.domain(task.Identity.UUID) != vm.StateRunning {
			t.Errorf("%s: %q, paused %v, domain %s", got.Progress.State, got.Progress.Reason, got.Progress.Paused, w.domain(task.Identity.UUID))
		}
	})
}

// TestConfirmIsHeard: a renter's warnings change with the confirm, and with a
// deadline that a halt of the chain moves.
func TestConfirmIsHeard(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		r := w.ledger.try(1, alice, 2*time.Hour, 30*time.Minute)
		task := w.create(w.order(r, 5200))
		settle(time.Second)
		if got := w.task(task.ID); !got.Rental.ConfirmBy.Equal(r.Deadline) {
			t.Fatalf("confirm by %s, the deadline is %s", got.Rental.ConfirmBy, r.Deadline)
		}
		r = w.ledger.try(1, alice, 2*time.Hour, 40*time.Minute)
		settle(6 * time.Second)
		if got := w.task(task.ID); !got.Rental.ConfirmBy.Equal(r.Deadline) {
			t.Fatalf("confirm by %s, the deadline moved to %s", got.Rental.ConfirmBy, r.Deadline)
		}
		w.ledger.rent(1, alice, 2*time.Hour, 0)
		settle(6 * time.Second)
		if got := w.task(task.ID); !got.Rental.ConfirmBy.IsZero() {
			t.Errorf("confirmed, and still to confirm by %s", got.Rental.ConfirmBy)
		}
	})
}

func TestFailedCreateGivesBack(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world)
		want  *notice.Reason
	}{
		"start fails": {
			func(w *world) { w.driver.Fail("Start", errors.New("no memory")) },
			notice.New(notice.CreateFailed, "step", "start", "detail", "no memory"),
		},
		"the disk is full": {
			func(w *world) { w.driver.Fail("Start", fmt.Errorf("write: %w", syscall.ENOSPC)) },
			notice.New(notice.HostFull, "step", "start", "detail", "write: no space left on device"),
		},
		"no card": {
			func(w *world) {
				w.driver.Fail("Define", fmt.Errorf("define: %w", vm.RefuseSlot(vm.ErrSlotQuarantined, 2, "fault", "OFF_BUS", "holder", "another's")))
			},
			notice.New(notice.CardRefused, "step", "define", "cause", "SLOT_QUARANTINED", "detail", "slot 2: the slot is quarantined, fault OFF_BUS"),
		},
		"guest never answers": {
			func(w *world) { w.box.ready = errNotReady },
			notice.New(notice.GuestSilent, "seconds", "60", "bios_mode", "legacy", "detail", "port 22: the guest does not answer on SSH"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				c.spoil(w)
				r := w.ledger.rent(1, alice, 2*time.Hour, 0)
				task := w.create(w.order(r, 5200))
				settle(2 * time.Minute)
				change := Change{CPUs: 4, SSHPort: 5201}
				if err := w.host.Modify(t.Context(), as(alice, 1), task.ID, change); !errors.Is(err, ErrState) {
					t.Errorf("a VM that was never made was changed: %v", err)
				}
				got := w.task(task.ID)
				if diff := cmp.Diff(c.want, got.Progress.Reason); diff != "" {
					t.Error(diff)
				}
				if got.Progress.State != lifecycle.CreateError || got.Reserved.CPUs != 0 || w.domain(task.Identity.UUID) != "" {
					t.Fatalf("%s: %q, reserved %+v", got.Progress.State, got.Progress.Reason, got.Reserved)
				}
				if err := w.host.Delete(as(alice, 1), task.ID); err != nil {
					t.Fatal(err)
				}
				settle(time.Second)
				w.empty()
			})
		})
	}
}

func TestSecondOperationIsRefused(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.box.ready = errNotReady
		task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Second)
		err := w.host.Operate(as(alice, 1), task.ID, lifecycle.Restart)
		if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "creating") {
			t.Errorf("got %v", err)
		}
	})
}

func TestEndStopsACreate(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.box.ready = errNotReady
		w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Second)
		w.ledger.end(1, true)
		settle(11 * time.Second)
		w.empty()
	})
}

func TestUnreachableHypervisorIsWaitedFor(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.driver.Fail("Define", vm.ErrUnavailable)
		w.box.ready = errNotReady
		task := w.create(w.order(w.ledger.rent(1, alice, 2*time.Hour, 0), 5200))
		settle(time.Minute)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Creating || !got.Progress.Reason.Is(notice.WaitsHypervisor) {
			t.Fatalf("%s: %s", got.Progress.State, got.Progress.Reason)
		}
		w.driver.Fail("Define", nil)
		settle(6 * time.Second)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Creating || got.Progress.Reason != nil {
			t.Errorf("while its guest boots: %s: %s", got.Progress.State, got.Progress.Reason)
		}
		w.box.ready = nil
		settle(11 * time.Second)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Running || got.Progress.Reason != nil {
			t.Errorf("%s: %s", got.Progress.State, got.Progress.Reason)
		}
	})
}

func TestOrphans(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		open := w.ledger.rent(1, alice, 2*time.Hour, 0)
		specs := map[string]journal.Task{}
		for name, c := range map[string]struct {
			rent    uint64
			binding names.Binding
		}{
			"over":        {7, bound},
			"open":        {1, bound},
			"other chain": {7, names.Binding{ChainID: "dbc-testnet-1"}},
		} {
			task := journal.Task{ID: newTaskID(), Rental: journal.Rental{ID: c.rent}, Disks: journal.Disks{Image: journal.Image{Name: "tiny.qcow2"}}, Wanted: journal.Wanted{CPUs: 1, MemoryMiB: 512}, Network: journal.Network{Addr: w.host.cfg.GuestCIDR.Addr().Next().Next()}}
			identify(c.binding, &task)
			others := guestsfake.New(c.binding, w.driver, w.dir, images{}.Overlay)
			ctx, claim := context.Background(), guests.Claim{TaskID: task.ID, RentID: c.rent}
			mac, err := net.ParseMAC(task.Card().MAC)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(
				others.MakeSystem(ctx, task.ID, claim, "tiny.qcow2", 10),
				others.WriteSeed(ctx, task.ID, seed.Data{
					InstanceID: task.Identity.InstanceID, Hostname: task.Identity.Hostname, User: names.User, AuthorizedKeys: []string{aKey}, MAC: mac,
					HostKey: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Addr: netip.PrefixFrom(task.Network.Addr, 24),
					Gateway: w.host.cfg.GuestCIDR.Addr().Next(), Resolvers: w.host.cfg.GuestDNS,
				}),
				others.Define(ctx, guests.VM{Folder: task.ID, VCPUs: 1, MemoryMiB: 512}),
			); err != nil {
				t.Fatal(err)
			}
			specs[name] = task
		}
		_ = open
		settle(6 * time.Second)
		for name, want := range map[string]vm.State{"over": "", "open": vm.StateOff, "other chain": vm.StateOff} {
			if got := w.domain(specs[name].Identity.UUID); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	})
}
