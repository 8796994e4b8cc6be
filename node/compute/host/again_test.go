package host

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/vm"
)

// TestCantBeStartedAgain: a lost VM that does not start is not shown as running;
// it is retried automatically, and its renter may stop it.
func TestCantBeStartedAgain(t *testing.T) {
	broken := errors.New("no such file")
	play(t, func(t *testing.T, w *world) {
		task := w.create(w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200))
		settle(time.Second)
		w.driver.Fail("Start", broken)
		w.driver.End(task.Identity.UUID, vm.ReasonLost)
		settle(time.Minute)
		got := w.task(task.ID)
		if got.Progress.State != lifecycle.StartError || !strings.Contains(got.Progress.Reason.String(), "no such file") {
			t.Errorf("while it can't be started: %s: %q", got.Progress.State, got.Progress.Reason)
		}
		w.driver.Fail("Start", nil)
		settle(retryMax)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Running || got.Progress.Reason != nil || w.domain(task.Identity.UUID) != vm.StateRunning {
			t.Errorf("once it can: %s: %q, domain %s", got.Progress.State, got.Progress.Reason, w.domain(task.Identity.UUID))
		}
		w.driver.Fail("Start", broken)
		w.driver.End(task.Identity.UUID, vm.ReasonLost)
		settle(time.Minute)
		if err := w.host.Operate(as(alice, 1), task.ID, lifecycle.PowerOff); err != nil {
			t.Fatal(err)
		}
		w.driver.Fail("Start", nil)
		settle(2 * retryMax)
		if got := w.task(task.ID); got.Progress.State != lifecycle.Closed || w.domain(task.Identity.UUID) == vm.StateRunning {
			t.Errorf("after its renter stopped it: %s: %q, domain %s", got.Progress.State, got.Progress.Reason, w.domain(task.Identity.UUID))
		}
	})
}

// TestOtherImage: a disk holds what its guest wrote over one image and is worthless
// over another: a VM is not started on a replaced image, and is again once the
// image is back.
func TestOtherImage(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		task := w.running()
		w.otherImage.Store(true)
		w.driver.End(task.Identity.UUID, vm.ReasonLost)
		settle(time.Minute)
		got := w.task(task.ID)
		if w.domain(task.Identity.UUID) == vm.StateRunning || got.Progress.State != lifecycle.StartError ||
			!strings.Contains(got.Progress.Reason.String(), "tiny.qcow2") || !strings.Contains(got.Progress.Reason.String(), imageDigest) {
			t.Errorf("on another image: %s: %q, domain %s", got.Progress.State, got.Progress.Reason, w.domain(task.Identity.UUID))
		}
		w.otherImage.Store(false)
		settle(retryMax)
		w.is(task.ID, lifecycle.Running, vm.StateRunning)

		w.ask(task.ID, lifecycle.PowerOff)
		settle(time.Second)
		w.otherImage.Store(true)
		w.ask(task.ID, lifecycle.Start)
		settle(time.Second)
		if got := w.task(task.ID); w.domain(task.Identity.UUID) == vm.StateRunning || got.Progress.State != lifecycle.StartError {
			t.Errorf("started by its renter: %s: %q", got.Progress.State, got.Progress.Reason)
		}
		w.otherImage.Store(false)
		w.ask(task.ID, lifecycle.Start)
		settle(time.Second)
		w.is(task.ID, lifecycle.Running, vm.StateRunning)
	})
}

// TestOtherImageForKeptDisks: disks that were made on an image that was replaced since
// are given to no VM and stay as they were, and are again once the image is back.
func TestOtherImageForKeptDisks(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		old := w.keep(1, alice, 2*time.Hour, 5200)
		w.otherImage.Store(true)
		task := w.create(w.again(2, old.ID))
		settle(time.Minute)
		got := w.task(task.ID)
		if _, defined := w.driver.Spec(got.Identity.UUID); defined || got.Progress.State != lifecycle.CreateError ||
			!strings.Contains(got.Progress.Reason.String(), "tiny.qcow2") || !strings.Contains(got.Progress.Reason.String(), imageDigest) {
			t.Errorf("on another image: %s: %q, defined %v", got.Progress.State, got.Progress.Reason, defined)
		}
		w.holds(old.ID, written)
		if kept := w.task(old.ID); !isKept(kept) || kept.Disks.Image.Digest != imageDigest {
			t.Errorf("no longer kept: %+v", kept)
		}
		w.otherImage.Store(false)
		again := w.create(w.again(3, old.ID))
		settle(time.Second)
		w.is(again.ID, lifecycle.Running, vm.StateRunning)
		w.holds(old.ID, written)
	})
}
