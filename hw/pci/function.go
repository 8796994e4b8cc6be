package pci

import (
	"fmt"
	"strconv"
	"strings"
)

// ID is the vendor's number and the device's.
type ID struct{ Vendor, Device uint16 }

// String returns the form that lspci and drivers use, such as 10de:2684.
func (id ID) String() string { return fmt.Sprintf("%04x:%04x", id.Vendor, id.Device) }

// MarshalText writes the form of String.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText parses the form of String, with digits of either case.
func (id *ID) UnmarshalText(text []byte) error {
	vendor, device, _ := strings.Cut(string(text), ":")
	v, errV := strconv.ParseUint(vendor, 16, 16)
	d, errD := strconv.ParseUint(device, 16, 16)
	if errV != nil || errD != nil || len(text) != 9 {
		return fmt.Errorf("%w: ids %.32q, want the form 10de:2684", ErrUnreadable, text)
	}
	*id = ID{uint16(v), uint16(d)}
	return nil
}

// Class is base class, subclass and programming interface: 0x030000 is VGA.
type Class uint32

// Classes without their programming interface, by the PCI Code and ID Assignment.
const (
	ClassVGA         = 0x0300
	Class3D          = 0x0302
	ClassDisplay     = 0x0380
	ClassAudio       = 0x0403
	ClassHostBridge  = 0x0600
	ClassPCIBridge   = 0x0604
	ClassOtherBridge = 0x0680
	ClassIOMMU       = 0x0806
	ClassUSB         = 0x0c03
	ClassSerialOther = 0x0c80
	ClassAccelerator = 0x1200
)

// Kind returns base class and subclass, such as ClassVGA.
func (c Class) Kind() uint16 { return uint16(c >> 8) }

// String returns base class and subclass as lspci writes them: 0300.
func (c Class) String() string { return fmt.Sprintf("%04x", c.Kind()) }

// MarshalText writes the form of String.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

const (
	// NoGroup is the group of a function without an IOMMU.
	NoGroup = -1
	// NoNode is the NUMA node of a function whose node the firmware does not give.
	NoNode = -1
	// unknownHeader stands for a header type that could not be read.
	unknownHeader = 0x7f
	// gone is what a function reads as after it has fallen off its bus.
	gone = 0xffff
)

// BAR is a region of memory or ports that a function responds to.
type BAR struct {
	Index int `json:"index"`
	// Bytes is its size, a power of two; 0 if the kernel found no room for it and no
	// longer shows it.
	Bytes        uint64 `json:"bytes"`
	Wide         bool   `json:"wide"` // 64-bit
	Prefetchable bool   `json:"prefetchable"`
	IO           bool   `json:"io,omitempty"`
	// Assigned is false if firmware and kernel found no room for it.
	Assigned bool `json:"assigned"`
	// Start is its physical address, 0 if it is unassigned or hidden.
	Start uint64 `json:"-"`
}

// Link is a PCI Express link, 0 if the kernel does not say. The link of an idle
// card drops to the lowest speed, so only the width is meaningful.
type Link struct {
	SpeedMTs    int `json:"speed_mts"`
	Width       int `json:"width"`
	MaxSpeedMTs int `json:"max_speed_mts"`
	MaxWidth    int `json:"max_width"`
}

// Function is one PCI function.
type Function struct {
	Address   Address
	ID        ID
	Subsystem ID
	Class     Class
	Revision  uint8
	// Header is the header's type: 0 for an endpoint, 1 for a PCI bridge.
	Header uint8
	// Group is the IOMMU group, or NoGroup.
	Group int
	// Driver is what holds it, "" for none; Override is what it is reserved for.
	Driver, Override string
	// NUMA is the node, or NoNode.
	NUMA int
	// Resets are the methods that the kernel advertises, in its order. An
	// advertised method does not necessarily work.
	Resets []string
	Link   Link
	BARs   []BAR
	// Silent is set if its configuration space reads as ones.
	Silent bool
	// BootVGA is set if the firmware used it as the console.
	BootVGA bool
	// MaxVFs is how many virtual functions it can have, VFs how many are enabled;
	// PF is the physical function of a virtual one.
	MaxVFs, VFs int
	PF          *Address
	// Above are the bridges between it and its host bridge, starting at the host bridge.
	Above []Address
}

// Gone reports whether the function has fallen off its bus.
func (f Function) Gone() bool { return f.ID.Vendor == gone || f.Silent }

// Bridge reports whether the function is a PCI-to-PCI or host bridge: such a
// bridge may share a group with a passed device, and stays with the host. Other
// bridges of class 06, for example NVSwitches, are endpoints.
func (f Function) Bridge() bool {
	switch f.Class.Kind() {
	case ClassPCIBridge:
		return f.Header == 1 || f.Header == unknownHeader
	case ClassHostBridge:
		return f.Header == 0 || f.Header == unknownHeader
	}
	return false
}

// Offers reports whether the kernel advertises a reset method.
func (f Function) Offers(method string) bool {
	for _, m := range f.Resets {
		if m == method {
			return true
		}
	}
	return false
}

// Port returns the bridge directly above the function, and whether there is one.
func (f Function) Port() (Address, bool) {
	if len(f.Above) == 0 {
		return Address{}, false
	}
	return f.Above[len(f.Above)-1], true
}
