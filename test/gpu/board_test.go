package gpu

import (
	"fmt"
	"strings"
)

// card is a device of the emulated computer: QEMU's arguments for it, and what
// its functions say that they are. QEMU has no device of a vendor of GPUs that
// has what a test needs, so vendor, device and class are covered in sysfs; what
// is not covered, and whatever the kernel and a guest see, is the device's own.
type card struct {
	args []string
	look []cover
}

// cover is what is shown of a function in place of what it is.
type cover struct{ address, real, ids, class string }

const (
	ati     = "1002:"
	l40s    = "10de:26b9"
	audio   = "10de:22ba"
	usb     = "10de:1ada"
	plainVG = "1234:1111"
)

// board is what is in the emulated computer. The numbers of buses are in the order
// of the ports.
var board = []card{
	{ // three functions, no FLR
		args: []string{
			"pcie-root-port,id=r1,chassis=1,bus=pcie.0,addr=3.0", "secondary-vga,bus=r1,addr=0.0,multifunction=on",
			"ich9-intel-hda,bus=r1,addr=0.1", "qemu-xhci,bus=r1,addr=0.2",
		},
		look: []cover{{"01:00.0", plainVG, l40s, ""}, {"01:00.1", "8086:293E", audio, ""}, {"01:00.2", "1B36:000D", usb, ""}},
	},
	{ // FLR, and a driver that wants it
		args: []string{"pcie-root-port,id=r2,chassis=2,bus=pcie.0,addr=4.0", "virtio-gpu-pci,bus=r2,iommu_platform=on"},
		look: []cover{{"02:00.0", "1AF4:1050", l40s, ""}},
	},
	{ // a hot reset that fails
		args: []string{"pcie-root-port,id=r3,chassis=3,bus=pcie.0,addr=5.0", "e1000e,bus=r3"},
		look: []cover{{"03:00.0", "8086:10D3", l40s, "0x030200"}},
	},
	{ // two cards in one group, for the ports do not keep them apart
		args: []string{
			"pcie-root-port,id=r4,chassis=4,bus=pcie.0,addr=6.0,multifunction=on,disable-acs=on", "secondary-vga,bus=r4",
			"pcie-root-port,id=r5,chassis=5,bus=pcie.0,addr=6.1,disable-acs=on", "secondary-vga,bus=r5",
		},
		look: []cover{{"04:00.0", plainVG, l40s, ""}, {"05:00.0", plainVG, l40s, ""}},
	},
	{ // the host's device in the card's group
		args: []string{"pcie-pci-bridge,id=r6,bus=pcie.0,addr=7.0", "secondary-vga,bus=r6,addr=1.0", "edu,bus=r6,addr=2.0"},
		look: []cover{{"06:01.0", plainVG, l40s, ""}},
	},
	{ // a switch on the card
		args: []string{
			"pcie-root-port,id=r7,chassis=7,bus=pcie.0,addr=8.0", "x3130-upstream,id=up,bus=r7",
			"xio3130-downstream,id=d1,bus=up,chassis=8,slot=1,addr=0.0", "xio3130-downstream,id=d2,bus=up,chassis=8,slot=2,addr=1.0",
			"secondary-vga,bus=d1", "ich9-intel-hda,bus=d2",
		},
		look: []cover{
			{"07:00.0", "104C:8232", ati + "1478", ""},
			{"08:00.0", "104C:8233", ati + "1479", ""},
			{"08:01.0", "104C:8233", ati + "1479", ""},
			{"09:00.0", plainVG, ati + "744c", ""},
			{"0a:00.0", "8086:293E", ati + "ab30", ""},
		},
	},
	{ // a region that fits, and one that nothing can address
		args: []string{"pcie-root-port,id=r9,chassis=9,bus=pcie.0,addr=9.0", "pci-testdev,membar=32G,bus=r9"},
		look: []cover{{"0b:00.0", "1B36:0005", "10de:2330", "0x030200"}},
	},
	{
		args: []string{"pcie-root-port,id=r10,chassis=10,bus=pcie.0,addr=10.0", "pci-testdev,membar=2T,bus=r10"},
		look: []cover{{"0c:00.0", "1B36:0005", "10de:2330", "0x030200"}},
	},
	{ // beside the other node's memory
		args: []string{
			"pxb-pcie,id=far,bus_nr=64,numa_node=1,bus=pcie.0,addr=11.0", "pcie-root-port,id=r11,chassis=11,bus=far", "secondary-vga,bus=r11",
		},
		look: []cover{{"41:00.0", plainVG, "10de:2204", ""}},
	},
}

// covers is the file that the first process reads.
func covers() string {
	var b strings.Builder
	for _, c := range board {
		for _, l := range c.look {
			vendor, device, _ := strings.Cut(l.ids, ":")
			for _, w := range [][2]string{{"vendor", "0x" + vendor}, {"device", "0x" + device}, {"class", l.class}} {
				if w[1] != "" {
					fmt.Fprintf(&b, "0000:%s %s %s %s\n", l.address, l.real, w[0], w[1])
				}
			}
		}
	}
	return b.String()
}

// nvidiaSMI stands for the vendor's program, which knows the cards that can be
// listed: a measurement of each card at 0000:01 to 03.
func nvidiaSMI() string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n[ \"$*\" = \"-q -x\" ] || exit 2\ncat <<'end'\n<nvidia_smi_log><driver_version>580.65.06</driver_version>\n")
	for bus := 1; bus <= 3; bus++ {
		fmt.Fprintf(&b, `<gpu id="00000000:%02X:00.0"><product_name>NVIDIA L40S</product_name><uuid>%s</uuid><vbios_version>95.02</vbios_version>`+
			`<pci><pci_device_id>26B910DE</pci_device_id></pci><mig_mode><current_mig>N/A</current_mig></mig_mode><fb_memory_usage><total>46068 MiB</total></fb_memory_usage></gpu>`+"\n", bus, uuidOfCard(bus))
	}
	b.WriteString("</nvidia_smi_log>\nend\n")
	return b.String()
}

func uuidOfCard(bus int) string { return fmt.Sprintf("GPU-00000000-0000-4000-8000-%012d", bus) }
