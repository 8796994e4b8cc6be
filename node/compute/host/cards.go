package host

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// SlotMissing is the state of a listed slot whose GPUs are not in the host's
// file: nothing is passed through for it.
const SlotMissing vm.SlotState = "missing"

// Slot is a listed slot of kind GPU with the state of its card.
type Slot struct {
	// Index is the slot's index on the chain, Number its number in the host's file.
	Index  uint32
	Number int
	// GPU is the chain's id of its first GPU.
	GPU   string
	GPUs  int
	State vm.SlotState
	// Fault is why it is quarantined, with its parameters; "" otherwise.
	Fault  string
	Params map[string]string
	// Kernel is what the kernel logged about it then.
	Kernel []string
}

// bad reports whether no VM can be given the slot until its host does something.
func (s Slot) bad() bool { return s.State == vm.SlotQuarantined || s.State == SlotMissing }

// Slots returns the listed slots of kind GPU, by index; none for a machine
// without. While the chain can't be asked, they are those of the last listing.
func (h *Host) Slots(ctx context.Context) ([]Slot, error) {
	listed, err := h.deps.Rentals.Facts(ctx)
	if err == nil {
		h.listed.Store(&listed)
	} else if last := h.listed.Load(); last != nil {
		listed = *last
	} else {
		return nil, fmt.Errorf("read the machine's listing: %w", err)
	}
	return h.slots(ctx, listed)
}

func (h *Host) slots(ctx context.Context, listed machine.Facts) ([]Slot, error) {
	if len(listed.Slots) == 0 || listed.Slots[0].Kind != machine.SLOT_KIND_GPU {
		return nil, nil
	}
	numbers := make([]int, len(listed.Slots))
	for i := range numbers {
		numbers[i] = listing.Unlisted
	}
	var states []vm.Slot
	if h.cfg.Numbers != nil && h.deps.Cards != nil {
		var err error
		if numbers, err = h.cfg.Numbers(listed.Slots); err != nil {
			return nil, fmt.Errorf("read which cards are kept for VMs: %w", err)
		}
		if states, err = h.deps.Cards.Slots(ctx); err != nil {
			return nil, fmt.Errorf("read the cards' states: %w", err)
		}
	}
	list := make([]Slot, len(listed.Slots))
	for i, number := range numbers {
		list[i] = Slot{Index: uint32(i), Number: number, GPU: listed.Slots[i].GpuIds[0], GPUs: int(listed.Slots[i].GpuCount), State: SlotMissing}
		at := slices.IndexFunc(states, func(s vm.Slot) bool { return int(s.Index) == number })
		if number != listing.Unlisted && at >= 0 {
			s := states[at]
			list[i].State, list[i].Fault, list[i].Params, list[i].Kernel = s.State, s.Fault, s.Params, s.Kernel
		}
	}
	return list, nil
}

// badSlots returns those slots that no VM can be given, by index.
func badSlots(list []Slot) map[uint32]Slot {
	bad := map[uint32]Slot{}
	for _, s := range list {
		if s.bad() {
			bad[s.Index] = s
		}
	}
	return bad
}

// assignCards gives the VM the cards of its slots. Slots of a kind that this
// program does not know are given to nobody: a renter must not get a VM without
// what was paid for.
func assignCards(o Order, listed machine.Facts, list []Slot, kept *journal.Task, t *journal.Task) error {
	t.Reserved.Cards = nil
	for _, index := range t.Reserved.Slots {
		switch slot := listed.Slots[index]; slot.Kind {
		case machine.SLOT_KIND_TEST:
			continue
		case machine.SLOT_KIND_GPU:
		default:
			return refuse(ErrNotSupported, "gpu_count", slot.GpuType, "0 on this machine", "its node doesn't know this kind of slot")
		}
		s := list[index]
		if s.State == vm.SlotResetting {
			return refuse(ErrClearing, "gpu_count", o.GPUs, "cards that are reset", "try again in a minute")
		}
		t.Reserved.Cards = append(t.Reserved.Cards, uint32(s.Number))
	}
	if len(t.Reserved.Cards) == 0 {
		return nil
	}
	if o.Firmware == vm.BIOS || kept != nil && !kept.Disks.Firmware.IsUEFI() {
		return refuse(ErrInvalid, "bios_mode", api.BiosLegacy, string(api.BiosUEFI)+" for a VM with GPUs",
			"leave it out, with an image that boots by UEFI; kept disks that boot by BIOS go with gpu_count 0")
	}
	if !t.Disks.Firmware.IsUEFI() {
		t.Disks.Firmware = vm.UEFI
	}
	return nil
}

// sameCards refuses slot numbers that have come to name other cards since they were
// reserved, because the host bound others. A VM keeps the cards that it already has.
func (h *Host) sameCards(ctx context.Context, t journal.Task) error {
	if len(t.Reserved.Cards) == 0 || h.deps.Cards == nil {
		return nil
	}
	states, err := h.deps.Cards.Slots(ctx)
	if err != nil {
		return err
	}
	own := func(number uint32) bool {
		return slices.ContainsFunc(states, func(s vm.Slot) bool { return s.Index == number && s.Holder == t.Identity.UUID })
	}
	if !slices.ContainsFunc(t.Reserved.Cards, func(number uint32) bool { return !own(number) }) {
		return nil
	}
	list, err := h.Slots(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", vm.ErrUnavailable, err) // the chain or the helper is away: try again later
	}
	for i, number := range t.Reserved.Cards {
		index := int(t.Reserved.Slots[i]) // assignCards adds one card for each slot
		if !own(number) && (index >= len(list) || list[index].Number != int(number)) {
			return vm.RefuseSlot(vm.ErrSlotUnknown, number)
		}
	}
	return nil
}

// broken names the slots of a rental that no VM can be given, for a refusal.
func broken(bad map[uint32]Slot, free []uint32) string {
	var said []string
	for _, index := range free {
		if s, ok := bad[index]; ok {
			said = append(said, strings.TrimSpace(fmt.Sprintf("slot %d %s %s", index, s.State, s.Fault)))
		}
	}
	return strings.Join(said, ", ")
}
