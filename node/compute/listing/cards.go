package listing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
	"github.com/dbc-network/dbc/x/machine"
)

// Code says why a slot of cards cannot be listed.
type Code string

// Reasons why a slot stays out.
const (
	// CodeUnseen: this computer no longer has the slot, or has another card in it.
	CodeUnseen Code = "UNSEEN"
	// CodeUnmeasured: something that a listing needs was not measured: address, what.
	CodeUnmeasured Code = "UNMEASURED"
	// CodeMode: a mode is on that would affect the next renter: address, mode.
	CodeMode Code = "MODE_ON"
	// CodeMixed: its GPUs are of several types.
	CodeMixed Code = "MIXED"
	// CodeUnlike: it differs from the larger set that is listed: type, gpus, vram_mib.
	CodeUnlike Code = "UNLIKE"
)

// Codes are all codes; programs that show them have a text for each.
var Codes = []Code{CodeUnseen, CodeUnmeasured, CodeMode, CodeMixed, CodeUnlike}

// Out is a slot of the host's file that is not listed, by its number there, and why.
type Out struct {
	Slot   int               `json:"slot"`
	Code   Code              `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

// Card is a slot that can be listed.
type Card struct {
	// Number is the slot's number in gpus.toml.
	Number int
	// Slot is what the chain lists.
	Slot machine.Slot
	// Seen is the slot as in the inventory, Record as in gpus.toml.
	Seen   gpu.Slot
	Record binding.Slot
}

// Cards returns the slots that a machine can list of the cards kept for VMs, by
// their numbers: the largest set of slots that are alike, seen now and measured
// before. An id that would be derived from the machine's own is "" where
// machineID is.
func Cards(inv gpu.Inventory, f binding.File, machineID string) (cards []Card, out []Out) {
	sets := map[string][]Card{}
	var order []string
	for _, recorded := range f.Slots {
		seen, why := find(inv, recorded)
		slot := machine.Slot{}
		if why == nil {
			slot, why = list(inv, recorded, seen, machineID)
		}
		if why != nil {
			why.Slot = recorded.Number
			out = append(out, *why)
			continue
		}
		key := fmt.Sprintf("%s\n%d\n%d", slot.GpuType, slot.GpuCount, slot.VramMib)
		if sets[key] == nil {
			order = append(order, key)
		}
		sets[key] = append(sets[key], Card{recorded.Number, slot, seen, recorded})
	}
	best := ""
	for _, key := range order {
		c, b := sets[key], sets[best]
		if len(c) > len(b) || len(c) == len(b) && c[0].Slot.GpuCount > b[0].Slot.GpuCount {
			best = key
		}
	}
	for _, key := range order {
		if key == best {
			continue
		}
		for _, c := range sets[key] {
			out = append(out, Out{c.Number, CodeUnlike, map[string]string{
				"type": c.Slot.GpuType, "gpus": fmt.Sprint(c.Slot.GpuCount), "vram_mib": fmt.Sprint(c.Slot.VramMib),
			}})
		}
	}
	cards = sets[best]
	slices.SortFunc(cards, func(a, b Card) int { return a.Number - b.Number })
	slices.SortFunc(out, func(a, b Out) int { return a.Slot - b.Slot })
	return cards, out
}

// find returns the inventory's slot with exactly the recorded functions.
func find(inv gpu.Inventory, recorded binding.Slot) (gpu.Slot, *Out) {
	for _, s := range inv.Slots {
		same := len(s.Functions) == len(recorded.Functions)
		for _, fn := range recorded.Functions {
			same = same && slices.Contains(s.Functions, fn.Address)
		}
		if same {
			return s, nil
		}
	}
	return gpu.Slot{}, &Out{Code: CodeUnseen}
}

// list returns a slot as the chain lists it.
func list(inv gpu.Inventory, recorded binding.Slot, seen gpu.Slot, machineID string) (machine.Slot, *Out) {
	var named []pci.Address
	for _, fn := range recorded.GPUs() {
		named = append(named, fn.Address)
	}
	if len(named) != len(seen.GPUs) || slices.ContainsFunc(named, func(at pci.Address) bool { return !slices.Contains(seen.GPUs, at) }) {
		return machine.Slot{}, &Out{Code: CodeUnseen} // by the record another function is a GPU
	}
	slot := machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuCount: uint32(len(seen.GPUs))}
	for i, at := range seen.GPUs {
		card := inv.GPUs[slices.IndexFunc(inv.GPUs, func(g gpu.GPU) bool { return g.Address == at })]
		fn := recorded.Functions[slices.IndexFunc(recorded.Functions, func(fn binding.Function) bool { return fn.Address == at })]
		if fn.IDs != card.PCIIDs || fn.Subsystem != card.Subsystem || fn.Revision != card.Revision {
			return slot, &Out{Code: CodeUnseen}
		}
		facts := measuredOf(fn)
		what := ""
		switch {
		case facts.VRAMMiB == 0:
			what = "vram"
		case card.Vendor == "NVIDIA" && facts.UUID == "":
			what = "uuid"
		}
		if what != "" {
			return slot, &Out{Code: CodeUnmeasured, Params: map[string]string{"address": at.String(), "what": what}}
		}
		for mode, state := range map[string]measure.Mode{"mig": facts.MIG, "cc": facts.CC} {
			if state == measure.On {
				return slot, &Out{Code: CodeMode, Params: map[string]string{"address": at.String(), "mode": mode}}
			}
		}
		if i > 0 && (card.Name != slot.GpuType || facts.VRAMMiB != slot.VramMib) {
			return slot, &Out{Code: CodeMixed}
		}
		slot.GpuType, slot.VramMib = card.Name, facts.VRAMMiB
	}
	slot.GpuIds = ids(recorded, machineID)
	return slot, nil
}

func measuredOf(fn binding.Function) measure.Facts {
	if fn.Measured == nil {
		return measure.Facts{}
	}
	return *fn.Measured
}

// ids returns the chain's ids of a slot's GPUs.
func ids(recorded binding.Slot, machineID string) []string {
	var list []string
	for i, fn := range recorded.GPUs() {
		list = append(list, idOf(fn, machineID, recorded.Number, i))
	}
	return list
}

// idOf returns a GPU's id on the chain: the vendor's own where there is one, else
// one derived from machine and slot.
func idOf(fn binding.Function, machineID string, number, index int) string {
	if own := fn.Identity(); own != "" || machineID == "" {
		return own
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d", machineID, fn.IDs, number, index))
	return "pci-" + hex.EncodeToString(sum[:16])
}

// Unlisted is the number of a listed slot whose cards are not in the host's file.
const Unlisted = -1

// Numbers returns, for each slot that the chain lists, the number of the slot in
// the host's file that has exactly these GPUs. It compares ids, so that neither
// the order of the file nor which of its slots are listed matters, and never
// guesses. The number is Unlisted where the file has no such slot, or two.
func Numbers(listed []machine.Slot, f binding.File, machineID string) []int {
	numbers := make([]int, len(listed))
	for i, slot := range listed {
		numbers[i] = Unlisted
		if slot.Kind != machine.SLOT_KIND_GPU || len(slot.GpuIds) == 0 {
			continue
		}
		found := 0
		for _, recorded := range f.Slots {
			if slices.Equal(sorted(ids(recorded, machineID)), sorted(slot.GpuIds)) {
				numbers[i] = recorded.Number
				found++
			}
		}
		if found != 1 {
			numbers[i] = Unlisted
		}
	}
	return numbers
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
