package gpu

import (
	"cmp"
	"maps"
	"slices"
)

// Code says why a GPU cannot be passed to a VM, or what its host should know.
// The program that shows it has the text and the remedy.
type Code string

// Reasons why a GPU has no slot.
const (
	// CodeNoIOMMU: no IOMMU is in use. where is "firmware" where the processor's
	// IOMMU is no PCI function, which means that the firmware hides it, else
	// "kernel".
	CodeNoIOMMU Code = "NO_IOMMU"
	// CodeNoGroup: an IOMMU is in use, but not for this address.
	CodeNoGroup Code = "NO_GROUP"
	// CodeUnsafe: the kernel was told to switch protection off, by option.
	CodeUnsafe Code = "UNSAFE_OPTION"
	// CodeForeign: the group has a device that does not belong to the card: address,
	// class, name, driver, and holds if the host needs it (a mount or "default route").
	CodeForeign Code = "FOREIGN_DEVICE"
	// CodeIntegrated: the processor's own graphics.
	CodeIntegrated Code = "INTEGRATED"
	// CodeConsole: the firmware's framebuffer lies in its memory. window is its
	// name in /proc/iomem.
	CodeConsole Code = "CONSOLE"
	// CodeVFs: virtual functions are enabled: count.
	CodeVFs Code = "VFS_ENABLED"
	// CodeGone: it, or a part of its card (address), has fallen off its bus.
	CodeGone Code = "GONE"
	// CodeUnassigned: the firmware found no room for a region: address, bar, and mib
	// if its size is known.
	CodeUnassigned Code = "BAR_UNASSIGNED"
	// CodeNoReset: nothing brings it back to a clean state between two renters.
	CodeNoReset Code = "NO_RESET"
	// CodeResetHits: its only reset would reset another device too: address.
	CodeResetHits Code = "RESET_HITS_OTHERS"
	// CodeBrokenReset: it is known not to come back from a reset.
	CodeBrokenReset Code = "BROKEN_RESET"
	// CodeCoherent: its memory is the computer's own; whole machines only.
	CodeCoherent Code = "COHERENT_MEMORY"
	// CodeArchitecture: VMs with cards are made on x86-64 only: architecture.
	CodeArchitecture Code = "ARCHITECTURE"
	// CodeFabric: it shares an indivisible fabric with one that cannot be passed:
	// address.
	CodeFabric Code = "FABRIC_MEMBER"
	// CodeTogether: it shares a group with one that cannot be passed: address.
	CodeTogether Code = "GROUP_MEMBER"
)

// Reasons why something that looks like a GPU can't be rented out.
const (
	// CodeVendor: not from a vendor whose cards compute: a BMC's display, an emulated one.
	CodeVendor Code = "UNSUPPORTED_VENDOR"
	// CodeVF: a virtual function. pf is its physical one.
	CodeVF Code = "VIRTUAL_FUNCTION"
	// CodeUnreadable: its attributes could not be read: error.
	CodeUnreadable Code = "UNREADABLE"
)

// What a host should know of a GPU that has a slot.
const (
	// CodeBootVGA: the firmware shows its messages on it.
	CodeBootVGA Code = "BOOT_VGA"
	// CodeHotReset: it offers no FLR, so its whole card is reset through its bus.
	CodeHotReset Code = "HOT_RESET_ONLY"
	// CodeNarrow: the link has fewer lanes than the card supports: width, max_width.
	CodeNarrow Code = "LINK_WIDTH"
	// CodeShared: these GPUs are rented together: count.
	CodeShared Code = "RENTED_TOGETHER"
	// CodeNoNode: on a computer with several NUMA nodes the firmware does not name its
	// node.
	CodeNoNode Code = "NUMA_UNKNOWN"
	// CodeLaptop: laptops cut the power of unused cards.
	CodeLaptop Code = "LAPTOP"
)

// Codes are all codes; programs that show them have a text for each.
var Codes = []Code{
	CodeNoIOMMU, CodeNoGroup, CodeUnsafe, CodeForeign, CodeIntegrated, CodeConsole, CodeVFs, CodeGone, CodeUnassigned, CodeNoReset,
	CodeResetHits, CodeBrokenReset, CodeCoherent, CodeArchitecture, CodeFabric, CodeTogether, CodeVendor, CodeVF, CodeUnreadable,
	CodeBootVGA, CodeHotReset, CodeNarrow, CodeShared, CodeNoNode, CodeLaptop,
}

// Params are a code's named values.
type Params map[string]string

// Reason is a code with its values.
type Reason struct {
	Code   Code   `json:"code"`
	Params Params `json:"params,omitempty"`
}

// reasons collects each reason once, in the order in which they were found.
type reasons []Reason

func (r *reasons) add(code Code, params Params) {
	for _, have := range *r {
		if have.Code == code && maps.Equal(have.Params, params) {
			return
		}
	}
	*r = append(*r, Reason{code, params})
}

// sorted returns the reasons in a fixed order, never nil.
func (r reasons) sorted() []Reason {
	list := append([]Reason{}, r...)
	slices.SortStableFunc(list, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Params["address"], b.Params["address"]))
	})
	return list
}
