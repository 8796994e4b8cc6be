package vm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// MaxSlots is the maximum number of slots of a machine; maxSlotIndex bounds
// their numbers, which are never reused.
const MaxSlots, maxSlotIndex = 64, 1<<16 - 1

// SlotState is the state of a slot's card.
type SlotState string

// The states of a slot.
const (
	// SlotReady means that it was reset and matches its record; a VM may have
	// it.
	SlotReady SlotState = "ready"
	// SlotInUse means that it belongs to a VM, whether or not that VM is
	// running.
	SlotInUse SlotState = "in_use"
	// SlotResetting means that it may still contain data of the last VM.
	SlotResetting SlotState = "resetting"
	// SlotQuarantined means that it did not come back as recorded, and needs
	// its host's attention.
	SlotQuarantined SlotState = "quarantined"
)

// Slot is a machine's slot of kind GPU as seen by the privileged side.
type Slot struct {
	// Index is the slot's number in the host's file.
	Index uint32
	State SlotState
	// Since is the zero time if nothing has happened to it yet.
	Since time.Time
	// Holder is the VM that has it or, during a reset, the one that had it.
	Holder UUID
	// Fault is the reason for its quarantine: a code of hw/vfio with its
	// parameters, or "". Kernel has the kernel's messages about its functions
	// at that time.
	Fault  string
	Params map[string]string
	Kernel []string
}

// Cards manages the cards of a machine by slot. Callers never name an address.
type Cards interface {
	// Slots returns all slots by index, or none if no cards are reserved for
	// VMs.
	Slots(ctx context.Context) ([]Slot, error)
	// CheckSlot resets a slot that no VM has and inspects it again, which is
	// the only way out of quarantine. It is a decision of the host, not of the
	// node: a helper accepts it only from root. If the slot is quarantined
	// again, it returns ErrSlotQuarantined.
	CheckSlot(ctx context.Context, index uint32) error
}

// Passing is a domain with devices of the computer, whoever defined it.
type Passing struct {
	UUID UUID
	// Active means that it is running or paused, and has the devices open.
	Active  bool
	Devices []PCIDevice
}

// Passer is implemented by a driver that knows which domains have devices of
// the computer, including those of others.
type Passer interface {
	Driver
	Passings(ctx context.Context) ([]Passing, error)
}

// Reasons why a VM is not given a slot. Each is returned in a *SlotError.
var (
	// ErrSlotUnknown means that there is no such slot.
	ErrSlotUnknown = errors.New("no such slot")
	// ErrSlotHeld means that another VM has it. Parameter: holder.
	ErrSlotHeld = errors.New("another VM has the slot")
	// ErrSlotQuarantined means that its card did not come back from its last
	// use. Parameters: fault, and the fault's own.
	ErrSlotQuarantined = errors.New("the slot is quarantined")
	// ErrSlotResetting means that its reset has not finished.
	ErrSlotResetting = errors.New("the slot is being reset")
	// ErrSlotOther means that another card is at the recorded address.
	// Parameters: address, field, want, have.
	ErrSlotOther = errors.New("the slot's card is not the recorded one")
	// ErrSlotForeign means that a new inspection of the computer does not find
	// the recorded functions to form a slot, usually because their IOMMU group
	// has another member. Parameter: address.
	ErrSlotForeign = errors.New("the slot's functions make no slot of this computer")
	// ErrSlotUnbound means that a function is not bound to vfio-pci.
	// Parameters: address, driver.
	ErrSlotUnbound = errors.New("vfio-pci does not have the slot's card")
	// ErrSlotWindow means that its regions and the VM's memory do not fit into
	// the address space of processor and IOMMU. Parameter: memory_mib.
	ErrSlotWindow = errors.New("the slot's card and the memory do not fit into the address space")
	// ErrSlotChange means that a VM's slots cannot change. Parameters: have,
	// want.
	ErrSlotChange = errors.New("a VM's slots do not change")
)

// SlotErrors maps the code used outside of the program to each kind of error.
var SlotErrors = map[string]error{
	"SLOT_UNKNOWN": ErrSlotUnknown, "SLOT_HELD": ErrSlotHeld, "SLOT_QUARANTINED": ErrSlotQuarantined, "SLOT_RESETTING": ErrSlotResetting,
	"SLOT_OTHER_CARD": ErrSlotOther, "SLOT_FOREIGN_MEMBER": ErrSlotForeign, "SLOT_UNBOUND": ErrSlotUnbound, "SLOT_WINDOW": ErrSlotWindow,
	"SLOT_CHANGE": ErrSlotChange,
}

// SlotError says which slot was refused and why.
type SlotError struct {
	// Kind is one of the errors above.
	Kind  error
	Index uint32
	// Params are the parameters of the kind.
	Params map[string]string
}

// RefuseSlot returns a SlotError with pairs of parameter names and values.
func RefuseSlot(kind error, index uint32, pairs ...string) *SlotError {
	e := &SlotError{Kind: kind, Index: index, Params: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Params[pairs[i]] = pairs[i+1]
	}
	return e
}

// Code returns the code of the error's kind.
func (e *SlotError) Code() string {
	for code, kind := range SlotErrors {
		if errors.Is(e.Kind, kind) {
			return code
		}
	}
	return ""
}

// Error returns the parameters in order, but leaves out another renter's VM, since
// a renter may read it.
func (e *SlotError) Error() string {
	var params strings.Builder
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		if name == "holder" {
			continue
		}
		fmt.Fprintf(&params, ", %s %s", name, e.Params[name])
	}
	return fmt.Sprintf("slot %d: %v%s", e.Index, e.Kind, params.String())
}

// Unwrap returns Kind.
func (e *SlotError) Unwrap() error { return e.Kind }

// checkSlots checks the format; only the host knows what the slots are.
func (s Spec) checkSlots() error {
	if len(s.Slots) > MaxSlots {
		return bad("slots", len(s.Slots), fmt.Sprintf("at most %d", MaxSlots))
	}
	for i, index := range s.Slots {
		if index > maxSlotIndex || slices.Contains(s.Slots[:i], index) {
			return bad("slots", index, fmt.Sprintf("0 to %d, each once", maxSlotIndex))
		}
	}
	return nil
}
