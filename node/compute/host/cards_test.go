package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// shelf holds a host's cards: their states, and which slot of its file has a
// listed slot's GPUs.
type shelf struct {
	mu      sync.Mutex
	slots   []vm.Slot
	numbers map[string]int
	err     error
}

func (s *shelf) Slots(context.Context) ([]vm.Slot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.slots), s.err
}

func (s *shelf) CheckSlot(context.Context, uint32) error { return errors.New("not the node's to ask") }

func (s *shelf) find(listed []machine.Slot) ([]int, error) {
	numbers := make([]int, len(listed))
	for i, slot := range listed {
		number, ok := s.numbers[slot.GpuIds[0]]
		if numbers[i] = number; !ok {
			numbers[i] = listing.Unlisted
		}
	}
	return numbers, nil
}

// put makes a machine of three slots; the host's file has others in between.
func (w *world) put(states ...vm.SlotState) {
	w.shelf.slots, w.shelf.numbers, w.ledger.facts.Slots = nil, map[string]int{}, nil
	for i, state := range states {
		id := fmt.Sprintf("GPU-%d", i)
		number := 7 - 2*i
		w.shelf.slots = append(w.shelf.slots, vm.Slot{Index: uint32(number), State: state})
		w.shelf.numbers[id] = number
		w.ledger.facts.Slots = append(w.ledger.facts.Slots, machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuType: "Test GPU", GpuIds: []string{id}, GpuCount: 1})
	}
}

// A VM gets the cards of its slots by their numbers in the host's file, boots
// by UEFI, and keeps them when it is stopped and started.
func TestCardsAreGiven(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.put(vm.SlotReady, vm.SlotReady, vm.SlotReady)
		rented := w.ledger.rent(1, alice, 24*time.Hour, 1, 2)
		o := w.order(rented, 5200)
		o.GPUs = 1
		first := w.create(o)
		o = w.order(rented, 5201)
		o.Firmware = vm.UEFI
		second := w.create(o)
		settle(time.Second)
		for task, want := range map[string][]uint32{first.ID: {5}, second.ID: {3}} {
			got := w.task(task)
			spec, ok := w.driver.Spec(got.Identity.UUID)
			if got.Progress.State != lifecycle.Running || !ok || !slices.Equal(spec.Slots, want) || spec.NVRAM == "" || len(spec.Devices) != 0 {
				t.Errorf("%s: slots %v of %v, NVRAM %q, want %v", got.Progress.State, spec.Slots, got.Reserved.Slots, spec.NVRAM, want)
			}
		}
		if err := w.host.Operate(as(alice, 1), first.ID, lifecycle.Shutdown); err != nil {
			t.Fatal(err)
		}
		settle(time.Minute)
		w.put(vm.SlotReady, vm.SlotQuarantined, vm.SlotReady) // a VM's own card is not checked while the VM has it
		if err := w.host.Operate(as(alice, 1), first.ID, lifecycle.Start); err != nil {
			t.Fatal(err)
		}
		settle(time.Second)
		if spec, _ := w.driver.Spec(first.Identity.UUID); w.domain(first.Identity.UUID) != vm.StateRunning || !slices.Equal(spec.Slots, []uint32{5}) {
			t.Errorf("%s with %v", w.domain(first.Identity.UUID), spec.Slots)
		}
	})
}

// The number of a VM's reserved card names another card by now: the host bound others
// while the hypervisor was away. The renter gets none of them.
func TestCardsRenumbered(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.put(vm.SlotReady, vm.SlotReady, vm.SlotReady)
		w.driver.Fail("Define", vm.ErrUnavailable)
		o := w.order(w.ledger.rent(1, alice, 24*time.Hour, 1), 5200)
		o.GPUs = 1
		task := w.create(o)
		settle(time.Second)
		w.shelf.numbers["GPU-1"], w.shelf.numbers["GPU-2"] = 3, 5
		w.driver.Fail("Define", nil)
		settle(time.Minute)
		if spec, ok := w.driver.Spec(task.Identity.UUID); ok {
			t.Errorf("it has the card of slot %d, which is another renter's", spec.Slots)
		}
	})
}

// No VM is made without what was paid for, nothing of it is left over, and the
// refusal says what is wrong and what to do.
func TestCardsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world, o *Order)
		want   error
		says   string
	}{
		"BIOS": {func(_ *world, o *Order) { o.Firmware = vm.BIOS }, ErrInvalid, "uefi for a VM with GPUs"},
		"no UEFI here": {func(w *world, _ *Order) {
			w.host.cfg.Firmware = []vm.Firmware{vm.BIOS, vm.SecureBoot}
		}, ErrNotSupported, "limit: legacy, uefi_secure_boot); the GPUs or kept disks need it"},
		"no GPU, BIOS": {func(_ *world, o *Order) { o.Firmware, o.GPUs = vm.BIOS, 0 }, nil, ""},
		"quarantined": {func(w *world, _ *Order) {
			w.shelf.slots[1].State, w.shelf.slots[1].Fault = vm.SlotQuarantined, "OFF_BUS"
		}, ErrCard, "slot 1 quarantined OFF_BUS"},
		"the other one":  {func(w *world, o *Order) { w.shelf.slots[1].State, o.GPUs = vm.SlotQuarantined, 1 }, nil, ""},
		"another's":      {func(w *world, _ *Order) { w.shelf.slots[2].State = vm.SlotQuarantined }, nil, ""},
		"other cards":    {func(w *world, _ *Order) { delete(w.shelf.numbers, "GPU-0") }, ErrCard, "slot 0 missing"},
		"no state":       {func(w *world, _ *Order) { w.shelf.slots = w.shelf.slots[1:] }, ErrCard, "slot 0 missing"},
		"being reset":    {func(w *world, _ *Order) { w.shelf.slots[0].State = vm.SlotResetting }, ErrClearing, "try again"},
		"helper is away": {func(w *world, _ *Order) { w.shelf.err = vm.ErrUnavailable }, vm.ErrUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.put(vm.SlotReady, vm.SlotReady, vm.SlotReady)
				o := w.order(w.ledger.rent(1, alice, 24*time.Hour, 0, 1), 5200)
				c.change(w, &o)
				_, err := w.host.Create(t.Context(), o)
				if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Fatalf("%v, want %v with %q", err, c.want, c.says)
				}
				if err != nil {
					w.empty()
				}
			})
		})
	}
}

// Slots are shown by the chain's index.
func TestSlotsAreShown(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.put(vm.SlotReady, vm.SlotQuarantined, vm.SlotInUse)
		w.shelf.slots[1].Fault = "OFF_BUS"
		delete(w.shelf.numbers, "GPU-2")
		list, err := w.host.Slots(t.Context())
		said := ""
		for _, s := range list {
			said += fmt.Sprint(s.Index, "=", s.Number, " ", s.State, " ", s.Fault, ";")
		}
		if err != nil || said != "0=7 ready ;1=5 quarantined OFF_BUS;2=-1 missing ;" {
			t.Errorf("%s %v", said, err)
		}
		w.ledger.facts = twoSlots
		if list, err := w.host.Slots(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%v, %v of made-up slots", list, err)
		}
	})
}

// pickSlots finds a choice wherever there is one, and the lowest: compared with
// all possible choices.
func TestPickSlots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		free   []uint32
		per    []int
		gpus   int
		want   []uint32
		exists bool
	}{
		"the greedy choice fails":      {[]uint32{0, 1}, []int{1, 2}, 2, []uint32{1}, true},
		"and with more":                {[]uint32{0, 1, 2}, []int{3, 2, 2}, 4, []uint32{1, 2}, true},
		"none":                         {[]uint32{0, 1}, []int{2, 2}, 3, nil, false},
		"nothing is asked":             {[]uint32{0}, []int{1}, 0, nil, true},
		"less than nothing":            {[]uint32{0}, []int{1}, -2, nil, false},
		"slots that are not the share": {[]uint32{0, 9}, []int{1}, 1, []uint32{0}, true},
	} {
		if got, ok := pickSlots(c.free, c.per, c.gpus); ok != c.exists || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		per := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 8).Draw(t, "per")
		free := rapid.SliceOfDistinct(rapid.Uint32Range(0, uint32(len(per)-1)), rapid.ID).Draw(t, "free")
		slices.Sort(free)
		gpus := rapid.IntRange(0, 12).Draw(t, "gpus")
		var best []uint32
		found := false
		for mask := range 1 << len(free) {
			var choice []uint32
			sum, fine := 0, true
			for i, s := range free {
				if mask>>i&1 == 1 {
					choice, sum, fine = append(choice, s), sum+per[s], fine && per[s] > 0
				}
			}
			if fine && sum == gpus && (!found || slices.Compare(choice, best) < 0) {
				best, found = choice, true
			}
		}
		if got, ok := pickSlots(free, per, gpus); ok != found || !slices.Equal(got, best) {
			t.Fatalf("%v of %v for %d: %v, %v; want %v, %v", free, per, gpus, got, ok, best, found)
		}
	})
}
