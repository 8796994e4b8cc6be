//go:build linux

package main

import (
	"fmt"

	"github.com/dbc-network/dbc/hw/gpu"
)

// gpuWords says what each code means and what to do about it.
var gpuWords = map[gpu.Code]func(p gpu.Params) string{
	gpu.CodeNoIOMMU: func(p gpu.Params) string {
		if p["where"] == "firmware" {
			return "the IOMMU is off in the firmware; turn on IOMMU or AMD-Vi there"
		}
		return "the kernel uses no IOMMU; turn on VT-d or AMD-Vi in the firmware and, with an Intel processor, boot with intel_iommu=on"
	},
	gpu.CodeNoGroup: func(p gpu.Params) string {
		return fmt.Sprintf("the IOMMU does not translate for %s; use another PCIe slot", p["address"])
	},
	gpu.CodeUnsafe: func(p gpu.Params) string {
		return fmt.Sprintf("this host runs with %s, with which a guest could reach the host's memory; remove the option and reboot", p["option"])
	},
	gpu.CodeForeign: func(p gpu.Params) string {
		text := fmt.Sprintf("its IOMMU group also has %s (%s, class %s%s)", p["address"], orElse(p["name"], p["pci_ids"]), p["class"], after(", driver ", p["driver"]))
		if p["holds"] != "" {
			text += ", which this host needs for " + p["holds"]
		}
		return text + "; move the card to a PCIe slot of the processor, or turn on ACS in the firmware; never use pcie_acs_override"
	},
	gpu.CodeIntegrated: func(gpu.Params) string { return "it is the processor's own graphics" },
	gpu.CodeConsole: func(p gpu.Params) string {
		return fmt.Sprintf("the firmware's console (%s) lies in its memory; make the BMC's or the processor's graphics the primary display in the firmware, or boot with video=efifb:off", p["window"])
	},
	gpu.CodeVFs: func(p gpu.Params) string {
		return fmt.Sprintf("%s virtual functions are enabled; write 0 into its sriov_numvfs", p["count"])
	},
	gpu.CodeGone: func(p gpu.Params) string {
		return fmt.Sprintf("%s has fallen off its bus; power the computer off and on, and look at power supply and riser", p["address"])
	},
	gpu.CodeUnassigned: func(p gpu.Params) string {
		size := ""
		if mib := p["mib"]; mib != "" {
			size = " (" + mib + " MiB)"
		}
		return fmt.Sprintf("the firmware found no room for region %s of %s%s; turn on Above 4G Decoding in the firmware", p["bar"], p["address"], size)
	},
	gpu.CodeNoReset: func(gpu.Params) string {
		return "it has no reset, so one renter would get it as another left it; no setting changes that in this place"
	},
	gpu.CodeResetHits: func(p gpu.Params) string {
		return fmt.Sprintf("its only reset would reset %s too; move the card to a PCIe slot of its own", p["address"])
	},
	gpu.CodeBrokenReset: func(gpu.Params) string {
		return "this model is known not to come back from a reset until the host reboots, so it cannot be given to one renter after another"
	},
	gpu.CodeCoherent: func(gpu.Params) string {
		return "its memory is the computer's own, which only whole machines without a VM can share; not supported"
	},
	gpu.CodeArchitecture: func(p gpu.Params) string {
		return fmt.Sprintf("this computer is %s; VMs with cards are made on x86-64 only", p["architecture"])
	},
	gpu.CodeFabric: func(p gpu.Params) string {
		return fmt.Sprintf("NVSwitches join it with %s, which cannot be passed, and the board goes to one VM whole", p["address"])
	},
	gpu.CodeTogether: func(p gpu.Params) string {
		return fmt.Sprintf("it shares an IOMMU group with %s, which cannot be passed", p["address"])
	},
	gpu.CodeVendor:     func(gpu.Params) string { return "a display of the computer's board, or an emulated one" },
	gpu.CodeVF:         func(p gpu.Params) string { return fmt.Sprintf("a virtual function of %s", p["pf"]) },
	gpu.CodeUnreadable: func(p gpu.Params) string { return fmt.Sprintf("it could not be read: %s", p["error"]) },
	gpu.CodeBootVGA: func(gpu.Params) string {
		return "the firmware shows its messages on it; better make other graphics the primary display"
	},
	gpu.CodeHotReset: func(gpu.Params) string {
		return "it offers no FLR: its whole card is reset by its bus, for which all of its functions must be bound to vfio-pci"
	},
	gpu.CodeNarrow: func(p gpu.Params) string {
		return fmt.Sprintf("its link has %s of %s lanes; reseat the card, look at riser and bifurcation", p["width"], p["max_width"])
	},
	gpu.CodeShared: func(p gpu.Params) string { return fmt.Sprintf("%s GPUs are rented together", p["count"]) },
	gpu.CodeNoNode: func(gpu.Params) string {
		return "the firmware does not say which NUMA node it is at; look for NPS or NUMA settings there"
	},
	gpu.CodeLaptop: func(gpu.Params) string {
		return "laptops cut the power of cards that nobody uses; boot with vfio_pci.disable_idle_d3=1"
	},
}

// wordsOf describes a reason to a person. A device's own name is looked up in
// pci.ids, so none of the text is untrusted.
func wordsOf(r gpu.Reason) string {
	if words, ok := gpuWords[r.Code]; ok {
		return words(r.Params)
	}
	return string(r.Code)
}

func orElse(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
