package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/taskdir"
	"github.com/dbc-network/dbc/vm"
)

// TestPinned: a VM gets whole cores beside the host's and the other VM's, from
// plan to domain; they change with the VM and are given back.
func TestPinned(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.box.pages = []hw.Pages{{SizeKiB: 2048, Total: 512, Free: 512}}
		first := w.create(w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200))
		second := w.create(w.order(w.ledger.rent(2, bob, time.Hour, 1), 5300))
		settle(time.Second)
		placed := func(task journal.Task, cpus []int, pageKiB uint64) {
			t.Helper()
			spec, _ := w.driver.Spec(task.Identity.UUID)
			p := spec.Placement
			if !slices.Equal(p.CPUs, cpus) || !slices.Equal(p.Emulator, []int{0, 5}) || p.PageKiB != pageKiB || p.Node != nil {
				t.Errorf("placed at %+v, want CPUs %v and pages of %d KiB", p, cpus, pageKiB)
			}
		}
		placed(first, []int{1, 6}, 2048)
		placed(second, []int{2, 7}, 2048)
		ctx := context.Background()
		modify := func(c Change) {
			t.Helper()
			if err := w.host.Modify(ctx, as(alice, 1), first.ID, c); err != nil {
				t.Fatal(err)
			}
		}
		modify(Change{CPUs: 4, MemoryMiB: 1024}) // more than the pages that are left
		placed(first, []int{1, 6}, 2048)
		w.ask(first.ID, lifecycle.ForceRestart)
		settle(time.Second)
		placed(first, []int{1, 6, 3, 8}, 0)
		modify(Change{CPUs: 2})
		if got := w.task(first.ID).Reserved.CPUSet; len(got) != 4 {
			t.Errorf("a guest that runs has %v", got)
		}
		w.ask(first.ID, lifecycle.ForceRestart)
		settle(time.Second)
		placed(first, []int{1, 6}, 0)
		if got := w.task(first.ID).Reserved.CPUSet; len(got) != 2 {
			t.Errorf("afterwards it keeps %v", got)
		}
		w.ledger.end(1, false)
		settle(11 * time.Second)
		if got := w.task(first.ID).Reserved; got.CPUSet != nil || got.PageKiB != 0 {
			t.Errorf("kept disks hold %+v", got)
		}
		// Somebody else uses the pages when it is started anew.
		w.box.pages[0].Free = 0
		if err := w.host.Operate(as(bob, 2), second.ID, lifecycle.ForceRestart); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		placed(second, []int{2, 7}, 0)
		// The computer came back with other CPUs and without its pages.
		w.host.cfg.Layout, w.box.pages = Divide(threaded(4, 1), 2), nil
		w.host.cfg.Layout.Host = []int{0, 5}
		if err := w.host.Operate(as(bob, 2), second.ID, lifecycle.ForceRestart); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		if spec, _ := w.driver.Spec(second.Identity.UUID); spec.Placement.CPUs != nil || spec.Placement.PageKiB != 0 {
			t.Errorf("placed at %+v", spec.Placement)
		}
	})
}

func TestPickPages(t *testing.T) {
	t.Parallel()
	pages := []hw.Pages{
		{Node: 0, SizeKiB: 2048, Total: 1000, Free: 1000},
		{Node: 1, SizeKiB: 2048, Total: 100, Free: 100},
		{Node: 0, SizeKiB: 1 << 20, Total: 4, Free: 1},
	}
	zero, one := 0, 1
	others := []journal.Task{{Reserved: journal.Reservation{PageKiB: 2048, MemoryMiB: 1000}}}
	for name, c := range map[string]struct {
		others []journal.Task
		node   *int
		mib    uint64
		want   uint64
	}{
		"the largest that fits":   {nil, nil, 1024, 1 << 20},
		"used by somebody":        {nil, nil, 2048, 2048},
		"of its node":             {nil, &one, 512, 0},
		"small, of its node":      {nil, &one, 200, 2048},
		"reserved by others":      {others, &zero, 1002, 0},
		"left by others":          {others, &zero, 1000, 2048},
		"no multiple of any size": {nil, nil, 1025, 0},
		"more than there is":      {nil, nil, 4096, 0},
	} {
		if got := pickPages(pages, c.others, c.node, c.mib); got != c.want {
			t.Errorf("%s: %d KiB, want %d", name, got, c.want)
		}
	}
}

// TestUEFI: the choice reaches the domain, its variables stay with kept disks and
// go with the VM, and kept disks boot as they did.
func TestUEFI(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		o := w.order(w.ledger.rent(1, alice, time.Hour, 0), 5200)
		w.host.cfg.Firmware = []vm.Firmware{vm.BIOS, vm.UEFI}
		o.Firmware = vm.SecureBoot
		if _, err := w.host.Create(context.Background(), o); !errors.Is(err, ErrNotSupported) {
			t.Errorf("firmware that the computer lacks: %v", err)
		}
		o.Firmware = vm.UEFI
		task := w.create(o)
		settle(time.Second)
		nvram := filepath.Join(w.dir, "tasks", task.ID, taskdir.NVRAM)
		if spec, _ := w.driver.Spec(task.Identity.UUID); spec.NVRAM != nvram || w.task(task.ID).Disks.Firmware != vm.UEFI || spec.Firmware != vm.UEFI {
			t.Fatalf("variables are at %q, want %q", spec.NVRAM, nvram)
		}
		if err := os.WriteFile(nvram, []byte(written), 0o600); err != nil { // as the driver does
			t.Fatal(err)
		}
		w.ledger.end(1, false)
		settle(11 * time.Second)
		again := w.again(2, task.ID)
		again.Firmware = vm.BIOS
		if _, err := w.host.Create(context.Background(), again); !errors.Is(err, ErrInvalid) {
			t.Errorf("kept disks by another firmware: %v", err)
		}
		again.Firmware, w.host.cfg.Firmware = "", []vm.Firmware{vm.BIOS}
		if _, err := w.host.Create(context.Background(), again); !errors.Is(err, ErrNotSupported) {
			t.Errorf("kept disks whose firmware is gone: %v", err)
		}
		w.host.cfg.Firmware = []vm.Firmware{vm.BIOS, vm.UEFI}
		second := w.create(again)
		settle(time.Second)
		if spec, _ := w.driver.Spec(second.Identity.UUID); spec.NVRAM != nvram {
			t.Errorf("variables are at %q, want %q", spec.NVRAM, nvram)
		}
		if text, err := os.ReadFile(nvram); string(text) != written {
			t.Errorf("variables are %q, %v", text, err)
		}
		if err := w.host.Delete(as(alice, 2), second.ID); err != nil {
			t.Fatal(err)
		}
		settle(time.Minute)
		w.empty()
	})
}
