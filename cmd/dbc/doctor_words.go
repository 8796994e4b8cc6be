package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/hw/gpu"
)

// checkWords says of a check what it is, why it matters and what mends it.
type checkWords struct {
	name, why string
	fix       func(f doctor.Finding) string
}

func always(text string) func(doctor.Finding) string {
	return func(doctor.Finding) string { return text }
}

// asInventory is for what the inventory says too.
func asInventory(f doctor.Finding) string {
	return wordsOf(gpu.Reason{Code: gpu.Code(f.Read["code"]), Params: f.Read})
}

const firmwareAndKernel = "turn on VT-d in the firmware; with an Intel processor add intel_iommu=on to GRUB_CMDLINE_LINUX in /etc/default/grub, then: update-grub && reboot"

var doctorWords = map[doctor.Check]checkWords{
	doctor.CheckVirtualization: {"processor's virtualization", "without it guests are emulated and no card can be passed", always("turn on VT-x or SVM in the firmware")},
	doctor.CheckDevice: {"KVM's device", "each guest has a user of its own, who must be able to open it", func(f doctor.Finding) string {
		if f.Read["mode"] == "missing" {
			return "turn on VT-x or SVM in the firmware, then: modprobe kvm_intel (or kvm_amd)"
		}
		return "write KERNEL==\"kvm\", MODE=\"0666\" into /etc/udev/rules.d/99-dbc-kvm.rules, then: udevadm control --reload && udevadm trigger /dev/kvm"
	}},
	doctor.CheckConfinement: {"security driver", "it keeps an emulator that was broken out of from what its user could still reach", func(f doctor.Finding) string {
		if f.Read["security_driver"] != "" {
			return fmt.Sprintf("set security_driver = %q in /etc/libvirt/qemu.conf, then: systemctl restart libvirtd", f.Read["module"])
		}
		return "install and enable AppArmor or SELinux; until then only users of their own keep guests apart"
	}},
	doctor.CheckIOMMU: {"IOMMU", "it keeps a guest's card from reaching the host's memory", func(f doctor.Finding) string {
		if f.Read["where"] == "firmware" {
			return "turn on IOMMU or AMD-Vi in the firmware"
		}
		return firmwareAndKernel
	}},
	doctor.CheckProtection: {"kernel's protection", "with this option a guest could reach the host's memory", func(f doctor.Finding) string {
		return "remove " + f.Read["option"] + " from the kernel's command line or /etc/modprobe.d, then: update-initramfs -u && update-grub && reboot"
	}},
	doctor.CheckGPUs: {"GPUs", "they are what is rented out", func(f doctor.Finding) string {
		if f.Read["code"] != "" {
			return asInventory(f)
		}
		return "put a card of NVIDIA, AMD or Intel in; a machine without GPUs can be rented out too"
	}},
	doctor.CheckGroups:  {"IOMMU groups", "a group goes to one VM whole", asInventory},
	doctor.CheckRegions: {"regions of memory", "a card whose memory has no address does not work", asInventory},
	doctor.CheckResizable: {"resizable BAR", "a small window into a card's memory slows down what moves data in and out", func(f doctor.Finding) string {
		return fmt.Sprintf("region %s is 256 MiB and could be larger; turn on Above 4G Decoding and Re-Size BAR in the firmware", f.Read["bar"])
	}},
	doctor.CheckAddresses: {"address width", "a card must reach all of its guest's memory, and the guest all of the card's", func(f doctor.Finding) string {
		return fmt.Sprintf("%s bits leave a VM %s MiB for cards, which takes %s MiB; turn off Re-Size BAR in the firmware, or list less memory", f.Read["bits"], f.Read["room_mib"], f.Read["window_mib"])
	}},
	doctor.CheckConsole: {"console", "the host's console and a guest cannot share a card", asInventory},
	doctor.CheckModules: {"modules", "VFIO gives cards to guests, and the helper may load no module", always("dbc host gpu bind && reboot")},
	doctor.CheckDriver: {"driver of each function", "a card is reset between two renters only while vfio-pci holds all of its functions", func(f doctor.Finding) string {
		return fmt.Sprintf("it is held by %s; dbc host gpu bind && reboot: a driver that has a card is never taken away", named(f.Read["driver"], "no driver"))
	}},
	doctor.CheckHolders: {"programs that use the card", "they keep its driver from letting it go", func(f doctor.Finding) string {
		return fmt.Sprintf("%s (pid %s) has %s open; stop it and keep it from starting, for example: systemctl disable --now nvidia-persistenced nvidia-dcgm gdm3", shown(f.Read["program"]), f.Read["pid"], f.Read["device"])
	}},
	doctor.CheckReset: {"reset", "one renter must not get a card as another left it", asInventory},
	doctor.CheckPower: {"power saving", "this model is known to drop off its bus when its power is cut", always("echo 'options vfio-pci disable_idle_d3=1' > /etc/modprobe.d/dbc-vfio.conf && update-initramfs -u && reboot")},
	doctor.CheckLink:  {"link", "fewer lanes make everything slower that goes to and from the card", asInventory},
	doctor.CheckNUMA:  {"NUMA node", "a guest's memory and CPUs should be where its card is", asInventory},
	doctor.CheckAlike: {"alike slots", "a machine lists one type and number of GPUs for all of its slots", func(f doctor.Finding) string {
		return fmt.Sprintf("slot %s differs from the %s that are listed, and stays out", f.Read["slot"], f.Read["offered"])
	}},
	doctor.CheckErrors: {"errors on the bus", "uncorrected errors end in lost cards", func(f doctor.Finding) string {
		return fmt.Sprintf("%s %s errors since boot; reseat the card, look at riser and power supply", f.Read["count"], f.Read["kind"])
	}},
	doctor.CheckKernel:   {"kernel", "resets of cards fail with this one", always("update the kernel: apt-get update && apt-get full-upgrade && reboot")},
	doctor.CheckLockdown: {"lockdown", "confidentiality keeps the kernel from showing what the doctor and libvirt read", always("boot with lockdown=integrity")},
	doctor.CheckHugePages: {"huge pages", "pinning a large guest's memory page by page takes minutes", func(doctor.Finding) string {
		return "add hugepagesz=1G hugepages=N to GRUB_CMDLINE_LINUX in /etc/default/grub, with N for the GiB that you list, then: update-grub && reboot"
	}},
	doctor.CheckMerging: {"merging of memory", "pages that two guests share tell each what the other holds", always("echo 2 > /sys/kernel/mm/ksm/run; systemctl disable --now ksm ksmtuned")},
	doctor.CheckSwap:    {"swap", "guests' memory is pinned, so what goes out is the host's own", always("swapoff -a, and remove swap from /etc/fstab")},
}

// readOf writes the values that a check read.
func readOf(f doctor.Finding) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(f.Read)) {
		if f.Read[name] != "" {
			out = append(out, name+"="+shown(f.Read[name]))
		}
	}
	return strings.Join(out, " ")
}

// shown keeps a program's name from acting on a terminal.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}
