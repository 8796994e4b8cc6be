package vfio

import (
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

const (
	devices = "sys/bus/pci/devices"
	driver  = "vfio-pci"
)

// Code says what is wrong with a card.
type Code string

// What can be wrong with a card.
const (
	// CodeOffBus: it reads as ones only: address.
	CodeOffBus Code = "OFF_BUS"
	// CodeAbsent: nothing is there: address.
	CodeAbsent Code = "ABSENT"
	// CodeOther: it is not the recorded card: address, field, want, have.
	CodeOther Code = "OTHER_CARD"
	// CodeDriver: vfio-pci does not have it: address, driver.
	CodeDriver Code = "OTHER_DRIVER"
	// CodeNoSlot: its functions no longer make a slot of this computer: an IOMMU
	// group has another member, or the host uses one of them.
	CodeNoSlot Code = "NO_SLOT"
	// CodeBusy: a program has its IOMMU group open, though its VM has ended.
	CodeBusy Code = "IN_USE"
	// CodeHits: its hot reset would reset devices outside its slot.
	CodeHits Code = "RESET_HITS_OTHERS"
	// CodeReset: the reset failed: error.
	CodeReset Code = "RESET_FAILED"
	// CodeStuck: the reset did not end in time; the kernel may still be busy with it.
	CodeStuck Code = "RESET_STUCK"
	// CodeLink: its link has fewer lanes than before: address, want, have.
	CodeLink Code = "LINK_WIDTH"
	// CodeErrors: uncorrected errors on the bus since it was last clean: address, kind, count.
	CodeErrors Code = "BUS_ERRORS"
)

// Codes are all codes; programs that show them have a text for each.
var Codes = []Code{CodeOffBus, CodeAbsent, CodeOther, CodeDriver, CodeNoSlot, CodeBusy, CodeHits, CodeReset, CodeStuck, CodeLink, CodeErrors}

// Fault is the first fault that was found.
type Fault struct {
	Code   Code              `json:"code"`
	Params map[string]string `json:"params,omitempty"`
}

func fault(code Code, pairs ...string) *Fault {
	f := &Fault{Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if f.Params == nil {
			f.Params = map[string]string{}
		}
		f.Params[pairs[i]] = pairs[i+1]
	}
	return f
}

// Vitals are those values of a function that must not get worse.
type Vitals struct {
	// Width is the largest number of lanes that its link was seen with.
	Width int `json:"width"`
	// Fatal and Nonfatal count uncorrected errors since the kernel started.
	Fatal    uint64 `json:"fatal"`
	Nonfatal uint64 `json:"nonfatal"`
}

// computer is sysfs, read anew for each query.
type computer struct {
	root *os.Root
	tree pci.Tree
	inv  gpu.Inventory
}

func (k *Keeper) look() (computer, error) {
	tree, err := pci.Read(k.root)
	if err != nil {
		return computer{}, err
	}
	inv, err := gpu.Read(k.cfg.Root)
	return computer{k.root, tree, inv}, err
}

// identify returns what is not the recorded slot, or not held by vfio-pci.
func (c computer) identify(slot binding.Slot) *Fault {
	for _, want := range slot.Functions {
		at := want.Address.String()
		have, ok := c.tree.Function(want.Address)
		switch {
		case !ok:
			return fault(CodeAbsent, "address", at)
		case have.Gone():
			return fault(CodeOffBus, "address", at)
		}
		if field, recorded, is := want.Differs(binding.Describe(c.root, have)); field != "" {
			return fault(CodeOther, "address", at, "field", field, "want", recorded, "have", is)
		}
		if have.Driver != driver {
			return fault(CodeDriver, "address", at, "driver", have.Driver)
		}
	}
	if _, ok := slot.Of(c.inv); !ok {
		return fault(CodeNoSlot, "address", slot.Functions[0].Address.String())
	}
	return nil
}

// vitals reads each function's current values.
func (c computer) vitals(slot binding.Slot) map[string]Vitals {
	seen := map[string]Vitals{}
	for _, want := range slot.Functions {
		have, ok := c.tree.Function(want.Address)
		if !ok {
			continue
		}
		seen[want.Address.String()] = Vitals{have.Link.Width, c.errors(want.Address, "fatal"), c.errors(want.Address, "nonfatal")}
	}
	return seen
}

func (c computer) errors(at pci.Address, kind string) uint64 {
	for line := range strings.Lines(hw.Files{Root: c.root}.Text(path.Join(devices, at.String(), "aer_dev_"+kind))) {
		name, count, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseUint(count, 10, 63); err == nil && strings.HasPrefix(name, "TOTAL_ERR") {
			return n
		}
	}
	return 0
}

// worse returns what got worse since a slot was last clean. Counters that
// decreased belong to a kernel that has started since.
func worse(slot binding.Slot, before, now map[string]Vitals) *Fault {
	for _, fn := range slot.Functions {
		at := fn.Address.String()
		b, n := before[at], now[at]
		if n.Width < b.Width {
			return fault(CodeLink, "address", at, "want", strconv.Itoa(b.Width), "have", strconv.Itoa(n.Width))
		}
		if _, known := before[at]; !known {
			continue
		}
		if n.Fatal > b.Fatal {
			return fault(CodeErrors, "address", at, "kind", "fatal", "count", strconv.FormatUint(n.Fatal-b.Fatal, 10))
		}
		if n.Nonfatal > b.Nonfatal {
			return fault(CodeErrors, "address", at, "kind", "nonfatal", "count", strconv.FormatUint(n.Nonfatal-b.Nonfatal, 10))
		}
	}
	return nil
}
