//go:build linux

package main

import (
	"fmt"
	"strings"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/probe"
)

func always(text string) func(doctor.Finding) string {
	return func(doctor.Finding) string { return text }
}

// asInventory is used where the inventory says the same.
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
	doctor.CheckDaemons: {"libvirt's daemons", "libvirtd runs guests, and virtlogd takes their consoles: without it none starts", func(f doctor.Finding) string {
		if f.Read["daemon"] == "virtlogd" {
			return "systemctl enable --now virtlogd.socket (without systemd: virtlogd -d), or set stdio_handler = \"file\" in /etc/libvirt/qemu.conf, then: systemctl restart libvirtd"
		}
		return "run make setup, then: systemctl enable --now libvirtd (without systemd: libvirtd -d)"
	}},
	doctor.CheckIOMMU: {"IOMMU", "it keeps a guest's card from reaching the host's memory", func(f doctor.Finding) string {
		if f.Read["where"] == "firmware" {
			return "turn on IOMMU or AMD-Vi in the firmware"
		}
		return firmwareAndKernel
	}},
	doctor.CheckRemapping: {"interrupts", "without remapping a guest's card could interrupt the host as it likes", always("turn on x2APIC and interrupt remapping in the firmware, and remove intremap=off from GRUB_CMDLINE_LINUX in /etc/default/grub, then: update-grub && reboot")},
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
		return fmt.Sprintf("it is held by %s; dbc host gpu bind && reboot: a driver that has a card is never taken away", orElse(f.Read["driver"], "no driver"))
	}},
	doctor.CheckGroupDevices: {"device of the IOMMU group", "a card is opened by it", func(f doctor.Finding) string {
		return f.Read["device"] + " is missing though vfio-pci has the card; modprobe vfio_iommu_type1, and where that changes nothing: dbc host gpu bind && reboot"
	}},
	doctor.CheckBootOrder: {"drivers at boot", "a driver that loads before the card is bound takes it", func(f doctor.Finding) string {
		return f.Read["module"] + " is loaded and nothing keeps it off the cards: dbc host gpu bind && reboot"
	}},
	doctor.CheckModes: {"modes of the cards", "a mode that is on stays on for the next renter", func(f doctor.Finding) string {
		switch f.Read["mode"] {
		case "":
			return "/etc/dbc/gpus.toml cannot be read: " + shown(f.Read["error"]) + "; bind anew: dbc host gpu bind"
		case "mig":
			return "dbc host gpu unbind && reboot, then nvidia-smi -mig 0, then dbc host gpu bind && reboot"
		}
		return "dbc host gpu unbind && reboot, turn confidential computing off with NVIDIA's gpu-admin-tools (--set-cc-mode=off), then dbc host gpu bind && reboot"
	}},
	doctor.CheckHolders: {"programs that use the card", "they keep its driver from letting it go", func(f doctor.Finding) string {
		return fmt.Sprintf("%s (pid %s) has %s open; stop it and keep it from starting, for example: systemctl disable --now nvidia-persistenced nvidia-dcgm gdm3", shown(f.Read["program"]), f.Read["pid"], f.Read["device"])
	}},
	doctor.CheckReset: {"reset", "one renter must not get a card as another left it", asInventory},
	doctor.CheckPower: {"power saving", "this model is known to drop off its bus when its power is cut", always("echo 'options vfio-pci disable_idle_d3=1' > /etc/modprobe.d/dbc-vfio.conf && update-initramfs -u && reboot")},
	doctor.CheckLink: {"link", "fewer lanes make everything slower that goes to and from the card", func(f doctor.Finding) string {
		if f.Level == doctor.Fail {
			return asInventory(f) + "; where the riser is meant: dbc host doctor --risers"
		}
		return asInventory(f)
	}},
	doctor.CheckNUMA: {"NUMA node", "a guest's memory and CPUs should be where its card is", asInventory},
	doctor.CheckAlike: {"alike slots", "a machine lists one type and number of GPUs for all of its slots", func(f doctor.Finding) string {
		return fmt.Sprintf("slot %s differs from the %s that are listed, and stays out", f.Read["slot"], f.Read["offered"])
	}},
	doctor.CheckErrors: {"errors on the bus", "uncorrected errors end in lost cards", func(f doctor.Finding) string {
		return fmt.Sprintf("%s %s errors since boot; reseat the card, look at riser and power supply", f.Read["count"], f.Read["kind"])
	}},
	doctor.CheckLog: {"kernel's messages", "errors of bus, memory access and reset end in lost cards", func(f doctor.Finding) string {
		return fmt.Sprintf("%s messages since boot, the last: %s; reseat the card, look at riser and power supply, then see journalctl -k", f.Read["count"], shown(f.Read["last"]))
	}},
	doctor.CheckKernel:   {"kernel", "resets of cards fail with this one", always("update the kernel: apt-get update && apt-get full-upgrade && reboot")},
	doctor.CheckLockdown: {"lockdown", "confidentiality keeps the kernel from showing what the doctor and libvirt read", always("boot with lockdown=integrity")},
	doctor.CheckHugePages: {"huge pages", "pinning a large guest's memory page by page takes minutes", func(doctor.Finding) string {
		return "add hugepagesz=1G hugepages=N to GRUB_CMDLINE_LINUX in /etc/default/grub, with N for the GiB that you list, then: update-grub && reboot"
	}},
	doctor.CheckMerging: {"merging of memory", "pages that two guests share tell each what the other holds", always("echo 2 > /sys/kernel/mm/ksm/run; systemctl disable --now ksm ksmtuned")},
	doctor.CheckSwap:    {"swap", "guests' memory is pinned, so what goes out is the host's own", always("swapoff -a, and remove swap from /etc/fstab")},
	doctor.CheckVersions: {"versions", "VMs with cards were made for these versions, and older ones lack what they need", func(f doctor.Finding) string {
		return fmt.Sprintf("%s is %s, want %s or newer; apt-get install %s, from the distribution's backports or its next release where that is older",
			f.Read["program"], orElse(shown(f.Read["version"]), "not installed"), f.Read["least"], f.Read["package"])
	}},
	doctor.CheckFirmware: {"guests' firmware", "a guest with a card boots by UEFI", always("apt-get install ovmf")},
	doctor.CheckMemlock: {"locked memory", "the memory of a guest with a card is pinned", func(f doctor.Finding) string {
		return fmt.Sprintf("%s may lock %s bytes and raise no limit: write LimitMEMLOCK=infinity below [Service] by systemctl edit %s, then restart it", f.Read["program"], f.Read["limit"], f.Read["program"])
	}},
	doctor.CheckControlGroups: {"control groups", "they keep guests' shares of CPU, memory and disk apart", func(f doctor.Finding) string {
		return "remove cgroup_disable=" + f.Read["controller"] + " from the kernel's command line, or boot a kernel that has the controller"
	}},
	doctor.CheckNetwork: {"devices of the network", "guests' interfaces are made with them", func(f doctor.Finding) string {
		if f.Read["device"] == "/dev/vhost-net" {
			return "echo vhost_net > /etc/modules-load.d/dbc-net.conf && modprobe vhost_net"
		}
		return "echo tun > /etc/modules-load.d/dbc-net.conf && modprobe tun"
	}},
	compute.CheckChain: {"chain", "without it the node grants nothing, and its machine is taken for offline", func(f doctor.Finding) string {
		if f.Read["error"] != "" {
			return "start the dbcd that chain_grpc and chain_rpc of core.conf name: systemctl start dbcd"
		}
		return "see journalctl -u dbcd; " + shown(f.Read["problem"])
	}},
	compute.CheckClock: {"clock", "requests and blocks are refused by their time", func(f doctor.Finding) string {
		if f.Read["behind"] != "" {
			return "it is " + f.Read["behind"] + " behind the chain: apt-get install chrony && systemctl enable --now chrony"
		}
		return "nothing keeps it right: apt-get install chrony && systemctl enable --now chrony"
	}},
	compute.CheckListing: {"listing", "renters pay for what is listed, and a machine that is not as listed can be challenged", func(f doctor.Finding) string {
		if f.Read["code"] == fromUnreached {
			return "the client node at " + shown(f.Read["from"]) + " does not reach this machine; see whether the router and firewall let it through: " + shown(f.Read["reason"])
		}
		return differenceWords(listing.Difference{Code: listing.DifferenceCode(f.Read["code"]), Params: f.Read})
	}},
	compute.CheckImages: {"images", "a VM is made from one", func(f doctor.Finding) string {
		if f.Read["image"] != "" {
			return shown(f.Read["image"]) + " is offered to nobody: " + shown(f.Read["reason"])
		}
		return "dbc image pull puts one into the node's folder"
	}},
	compute.CheckDisk: {"room for disks", "a VM whose disk cannot be made fails its renter's trial", func(f doctor.Finding) string {
		if f.Read["listed_gib"] != "" {
			return fmt.Sprintf("the data folder's file system has %s GiB, listed are %s; dbc host update lists what it has, while no rental is open", f.Read["disk_gib"], f.Read["listed_gib"])
		}
		return fmt.Sprintf("%s of %s GiB are free; delete images and kept disks that nobody needs, or give data_dir a larger disk", f.Read["free_gib"], f.Read["disk_gib"])
	}},
	host.CheckSelfRent: {"self-rent", "what a renter gets is what your machine's reputation stands for", func(f doctor.Finding) string {
		switch {
		case f.Read["step"] == "reset":
			return faultText(f.Read["fault"], f.Read) + "; then: dbc host gpu check " + strings.TrimPrefix(f.Device, "slot ")
		case f.Read["code"] == string(probe.CodeUnassigned):
			return "the guest found no room for the card's memory: list less memory (host_memory_mib in core.conf), or turn off Re-Size BAR in the firmware"
		case f.Read["compared"] == string(probe.CheckGPUs), f.Read["compared"] == string(probe.CheckPCIIDs), f.Read["compared"] == string(probe.CheckGPUType):
			return "the guest does not see the card as it is recorded; see dbc host gpu slots, and dbc host gpu bind after cards were changed"
		case f.Read["compared"] == string(probe.CheckLogin):
			return "the guest was not looked at: it could not be logged in to, or its shell gave no answer" + after("; ", f.Read["said"]) + "; see dbc vm logs"
		case f.Read["compared"] == string(probe.CheckInventory):
			return "renters see an inventory that is not the listed one: dbc host update"
		case f.Read["compared"] != "":
			return "the VM has not what is listed; see dbc host inventory and dbc host update, and journalctl -u dbc-node -u dbc-helper"
		}
		return "it ended at the step \"" + f.Read["step"] + "\": " + shown(f.Read["error"]) + "; see journalctl -u dbc-node -u dbc-helper"
	}},
	checkResets: {"test of resets", "one renter must not get a card as another left it", func(f doctor.Finding) string {
		return faultText(f.Read["fault"], f.Read) + "; then: dbc host gpu check " + strings.TrimPrefix(f.Device, "slot ")
	}},
}
