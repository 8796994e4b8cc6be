package binding

import (
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

const (
	vfio  = "vfio-pci"
	probe = "sys/bus/pci/drivers_probe"
)

// Code says what happened to a slot or function at boot.
type Code string

// What can happen to a function.
const (
	// CodeBound: vfio-pci holds the function now; CodeAlready: it did before.
	CodeBound   Code = "BOUND"
	CodeAlready Code = "ALREADY_BOUND"
	// CodeAbsent: nothing is at the recorded address.
	CodeAbsent Code = "ABSENT"
	// CodeOther: another card is there: field, want, have.
	CodeOther Code = "OTHER_CARD"
	// CodeNoSlot: these functions no longer make a slot of this computer: a group
	// has another member, or something holds the card.
	CodeNoSlot Code = "NO_SLOT"
	// CodeLive: a driver holds the function and is never unbound: driver.
	CodeLive Code = "LIVE_DRIVER"
	// CodeNotTaken: vfio-pci did not take the function.
	CodeNotTaken Code = "NOT_TAKEN"
	// CodeWrite: the kernel refused a write: error.
	CodeWrite Code = "WRITE_REFUSED"
)

// Codes are all codes; programs that show them have a text for each.
var Codes = []Code{CodeBound, CodeAlready, CodeAbsent, CodeOther, CodeNoSlot, CodeLive, CodeNotTaken, CodeWrite}

// Outcome says what happened to one function.
type Outcome struct {
	Slot     int               `json:"slot"`
	Function pci.Address       `json:"function"`
	Code     Code              `json:"code"`
	Params   map[string]string `json:"params,omitempty"`
}

// Failed reports whether the function cannot be passed to a VM.
func (o Outcome) Failed() bool { return o.Code != CodeBound && o.Code != CodeAlready }

// Kernel is what Apply changes.
type Kernel interface {
	// Write writes a value to an attribute below the root.
	Write(attribute, value string) error
	// Load loads the modules of vfio-pci.
	Load() error
}

// Apply binds the cards of the file below root to vfio-pci, and reports the
// outcome for each function. A slot in which anything is not as recorded is
// left alone entirely, and no driver is ever unbound. Apply can be repeated.
func Apply(root string, kernel Kernel) ([]Outcome, error) {
	c, err := look(root)
	if err != nil {
		return nil, err
	}
	defer c.close()
	f, err := Load(c.root)
	if err != nil {
		return nil, err
	}
	a := apply{c, kernel, nil}
	var ready [][]Function
	for i, s := range f.Slots {
		if a.refuses(i, s) {
			ready = append(ready, nil)
			continue
		}
		ready = append(ready, s.Functions)
	}
	// All overrides come before the module, and before anything else can take a card.
	for i, list := range ready {
		ready[i] = a.keep(i, list)
	}
	if len(slices.Concat(ready...)) == 0 {
		return a.outcomes, nil
	}
	if err := kernel.Load(); err != nil {
		return a.outcomes, fmt.Errorf("load vfio-pci: %w", err)
	}
	for i, list := range ready {
		for _, fn := range list {
			a.probe(i, fn)
		}
	}
	return a.outcomes, nil
}

type apply struct {
	computer
	kernel   Kernel
	outcomes []Outcome
}

func (a *apply) add(slot int, at pci.Address, code Code, pairs ...string) {
	o := Outcome{Slot: slot, Function: at, Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if o.Params == nil {
			o.Params = map[string]string{}
		}
		o.Params[pairs[i]] = pairs[i+1]
	}
	a.outcomes = append(a.outcomes, o)
}

// refuses reports whether a slot is left alone and adds the reasons. It removes the
// override from functions that only an override keeps: they may be another card by now.
func (a *apply) refuses(slot int, s Slot) bool {
	before := len(a.outcomes)
	for _, want := range s.Functions {
		have, ok := a.tree.Function(want.Address)
		if !ok {
			a.add(slot, want.Address, CodeAbsent)
			continue
		}
		if field, want, is := want.Differs(a.record(have)); field != "" {
			a.add(slot, have.Address, CodeOther, "field", field, "want", want, "have", is)
			a.release(slot, have)
			continue
		}
		if have.Driver != "" && have.Driver != vfio {
			a.add(slot, have.Address, CodeLive, "driver", have.Driver)
		}
	}
	if len(a.outcomes) == before && !a.isSlot(s) {
		for _, fn := range s.Functions {
			a.add(slot, fn.Address, CodeNoSlot)
		}
	}
	return len(a.outcomes) > before
}

// isSlot reports whether these functions make one slot of this computer as seen
// now: a file cannot make a slot of a disk.
func (a *apply) isSlot(s Slot) bool { _, ok := s.Of(a.inv); return ok }

// Of returns the slot of a computer that has exactly these functions. If there is
// none, a group has another member by now, or the host uses one of them.
func (s Slot) Of(inv gpu.Inventory) (gpu.Slot, bool) {
	for _, have := range inv.Slots {
		listed := map[pci.Address]bool{}
		for _, at := range have.Functions {
			listed[at] = true
		}
		for _, fn := range s.Functions {
			if !listed[fn.Address] {
				listed = nil
				break
			}
		}
		if len(listed) == len(s.Functions) {
			return have, true
		}
	}
	return gpu.Slot{}, false
}

// release removes an override from a function that nothing holds.
func (a *apply) release(slot int, f pci.Function) {
	if f.Driver != "" || f.Override != vfio {
		return
	}
	if err := a.write(f.Address, "\n"); err != nil {
		a.add(slot, f.Address, CodeWrite, "error", err.Error())
	}
}

func (a *apply) write(at pci.Address, value string) error {
	return a.kernel.Write(path.Join(devices, at.String(), "driver_override"), value)
}

// keep reserves functions for vfio-pci and returns those that it still has to take.
func (a *apply) keep(slot int, list []Function) []Function {
	var left []Function
	for _, fn := range list {
		if a.driver(fn.Address) == vfio {
			a.add(slot, fn.Address, CodeAlready)
			continue
		}
		if err := a.write(fn.Address, vfio); err != nil {
			a.add(slot, fn.Address, CodeWrite, "error", err.Error())
			continue
		}
		left = append(left, fn)
	}
	return left
}

// probe has vfio-pci take a function, unless loading the module has done so.
func (a *apply) probe(slot int, fn Function) {
	if a.driver(fn.Address) == "" {
		if err := a.kernel.Write(probe, fn.Address.String()); err != nil {
			a.add(slot, fn.Address, CodeWrite, "error", err.Error())
			return
		}
	}
	switch driver := a.driver(fn.Address); driver {
	case vfio:
		a.add(slot, fn.Address, CodeBound)
	case "":
		a.add(slot, fn.Address, CodeNotTaken)
	default: // it was faster than the override
		a.add(slot, fn.Address, CodeLive, "driver", driver)
	}
}

// driver reads which driver holds a function now.
func (a *apply) driver(at pci.Address) string {
	to, err := a.root.Readlink(path.Join(devices, at.String(), "driver"))
	if err != nil {
		return ""
	}
	return path.Base(to)
}

// Sysfs is the kernel of the computer below a root. LoadModules loads the
// modules; it may be nil.
type Sysfs struct {
	Root        *os.Root
	LoadModules func() error
}

var _ Kernel = Sysfs{}

// Write writes to an existing attribute.
func (s Sysfs) Write(attribute, value string) error {
	f, err := s.Root.OpenFile(attribute, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(value)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// Load loads the modules of vfio-pci.
func (s Sysfs) Load() error {
	if s.LoadModules == nil {
		return nil
	}
	return s.LoadModules()
}
