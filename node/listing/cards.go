package listing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/x/machine"
)

// Code says why a slot of cards cannot be listed.
type Code string

// Reasons why a slot stays out.
const (
	// CodeUnseen: this computer has no such slot now, or another card in it.
	CodeUnseen Code = "UNSEEN"
	// CodeUnmeasured: what a listing needs was not measured: address, what.
	CodeUnmeasured Code = "UNMEASURED"
	// CodeMode: a mode is on that the next renter would find: address, mode.
	CodeMode Code = "MODE_ON"
	// CodeMixed: its GPUs are of several types.
	CodeMixed Code = "MIXED"
	// CodeUnlike: it differs from the larger set that is listed: type, gpus, vram_mib.
	CodeUnlike Code = "UNLIKE"
)

// Codes are all of them: whatever shows them has words for each.
var Codes = []Code{CodeUnseen, CodeUnmeasured, CodeMode, CodeMixed, CodeUnlike}

// Out is a slot of the host's file that stays out, and why.
type Out struct {
	Slot   int               `json:"slot"`
	Code   Code              `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

// Cards returns the slots that a machine can list of the cards that are kept for
// VMs: the largest set that is alike, what is seen now and was measured before.
// seen are the same slots as the inventory has them. An id that follows from the
// machine's own is "" where machineID is.
func Cards(inv gpu.Inventory, f binding.File, machineID string) (slots []machine.Slot, seen []gpu.Slot, out []Out) {
	type candidate struct {
		index int
		slot  machine.Slot
		seen  gpu.Slot
	}
	sets := map[string][]candidate{}
	var order []string
	for i, recorded := range f.Slots {
		have, why := find(inv, recorded)
		slot := machine.Slot{}
		if why == nil {
			slot, why = list(inv, recorded, have, machineID, i)
		}
		if why != nil {
			why.Slot = i
			out = append(out, *why)
			continue
		}
		key := fmt.Sprintf("%s\n%d\n%d", slot.GpuType, slot.GpuCount, slot.VramMib)
		if sets[key] == nil {
			order = append(order, key)
		}
		sets[key] = append(sets[key], candidate{i, slot, have})
	}
	var best []candidate
	for _, key := range order {
		if c := sets[key]; len(c) > len(best) || len(c) == len(best) && c[0].slot.GpuCount > best[0].slot.GpuCount {
			best = c
		}
	}
	for _, key := range order {
		for _, c := range sets[key] {
			if c.index != best[0].index && !slices.ContainsFunc(best, func(b candidate) bool { return b.index == c.index }) {
				out = append(out, Out{c.index, CodeUnlike, map[string]string{
					"type": c.slot.GpuType, "gpus": fmt.Sprint(c.slot.GpuCount), "vram_mib": fmt.Sprint(c.slot.VramMib),
				}})
				continue
			}
			slots, seen = append(slots, c.slot), append(seen, c.seen)
		}
	}
	slices.SortFunc(out, func(a, b Out) int { return a.Slot - b.Slot })
	return slots, seen, out
}

// find returns the inventory's slot of exactly the recorded functions.
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

// list makes one slot of the chain's.
func list(inv gpu.Inventory, recorded binding.Slot, seen gpu.Slot, machineID string, index int) (machine.Slot, *Out) {
	slot := machine.Slot{Kind: machine.SLOT_KIND_GPU, GpuCount: uint32(len(seen.GPUs)), PciAddress: seen.GPUs[0].String()}
	for i, at := range seen.GPUs {
		card := inv.GPUs[slices.IndexFunc(inv.GPUs, func(g gpu.GPU) bool { return g.Address == at })]
		fn := recorded.Functions[slices.IndexFunc(recorded.Functions, func(fn binding.Function) bool { return fn.Address == at })]
		if fn.IDs != card.PCIIDs || fn.Subsystem != card.Subsystem || fn.Revision != card.Revision {
			return slot, &Out{Code: CodeUnseen}
		}
		var facts measure.Facts
		if fn.Measured != nil {
			facts = *fn.Measured
		}
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
		slot.GpuIds = append(slot.GpuIds, idOf(fn, facts, machineID, index, i))
	}
	return slot, nil
}

// idOf returns a GPU's id on the chain: the vendor's own where there is one, else
// one that follows from machine and place.
func idOf(fn binding.Function, facts measure.Facts, machineID string, slot, index int) string {
	switch {
	case facts.UUID != "":
		return facts.UUID
	case facts.Serial != "":
		return fmt.Sprintf("%04x-%s", fn.IDs.Vendor, facts.Serial)
	case fn.Serial != "":
		return fmt.Sprintf("%04x-%s", fn.IDs.Vendor, fn.Serial)
	case machineID == "":
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%d", machineID, fn.IDs, slot, index))
	return "pci-" + hex.EncodeToString(sum[:16])
}
