package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/doctor"
	"github.com/dbc-network/dbc/hw/hwtest"
)

// well is a computer with two cards that can be rented out at once.
const well = `
@cpu AuthenticAMD 48
@iommu ivhd0
@nodes 1
@file proc/meminfo MemTotal: 33554432 kB\nSwapTotal: 0 kB
@file proc/sys/kernel/osrelease 6.12.48-amd64
@file dev/kvm 0
@file run/libvirt/libvirt-sock 0
@file run/libvirt/virtlogd-sock 0
@file sys/kernel/security/lsm lockdown,capability,landlock,yama,apparmor
@file sys/kernel/security/lockdown [none] integrity confidentiality
@file sys/kernel/mm/ksm/run 0
@file proc/interrupts  24: 0 IR-PCI-MSI-0000:00:1f.2 0-edge ahci
@file proc/900/comm libvirtd
@file proc/900/limits Limit Soft Hard Units\nMax locked memory 67108864 67108864 bytes
@file proc/900/status CapEff: 000001ffffffffff
@file dev/net/tun -
@file dev/vhost-net -
@file dev/vfio/2 -
@file dev/vfio/4 -
@file sys/fs/cgroup/cgroup.controllers cpuset cpu io memory hugetlb pids
@file var/lib/dpkg/status Package: qemu-system-x86\nStatus: install ok installed\nVersion: 1:7.2+dfsg-7+deb12u12\n\nPackage: libvirt0\nStatus: install ok installed\nVersion: 9.0.0-4+deb12u2
@file usr/share/qemu/firmware/60-edk2-x86_64.json {"interface-types":["uefi"],"targets":[{"architecture":"x86_64"}]}
@file sys/module/vfio/refcnt 0
@file sys/module/vfio_pci/refcnt 0
@file sys/module/vfio_iommu_type1/refcnt 0
00:00.0 0600 1022:1480 group=0
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684 group=2 driver=vfio-pci numa=0 reset=flr bars=16M,32Gp,32Mp link=2.5x16/16.0x16
  01:00.1 0403 10de:22ba group=2 driver=vfio-pci numa=0 reset=flr
00:03.1 0604 1022:1483 group=3
  02:00.0 0300 10de:2684 group=4 driver=vfio-pci numa=0 reset=flr bars=16M,32Gp,32Mp link=2.5x16/16.0x16
  02:00.1 0403 10de:22ba group=4 driver=vfio-pci numa=0 reset=flr
@file sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal Undefined 0\nTOTAL_ERR_FATAL 0
`

// kernelLog returns the lines of a description that begin with "# kernel: ".
func kernelLog(description string) string {
	var log strings.Builder
	for line := range strings.Lines(description) {
		if said, ok := strings.CutPrefix(line, "# kernel: "); ok {
			log.WriteString(said)
		}
	}
	return log.String()
}

func examine(t *testing.T, description string) doctor.Report {
	t.Helper()
	report, err := doctor.Examine(hwtest.Build(t, description), doctor.Options{KernelLog: kernelLog(description)})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestWell: on a healthy computer each check passes, once.
func TestWell(t *testing.T) {
	t.Parallel()
	report := examine(t, well)
	var checks []doctor.Check
	for _, f := range report.Findings {
		checks = append(checks, f.Check)
		if f.Level != doctor.Pass {
			t.Errorf("%+v", f)
		}
	}
	if report.Worst() != doctor.Pass || !slices.Equal(checks, doctor.Checks) {
		t.Errorf("%s by %v", report.Worst(), checks)
	}
}

// TestOneThingWrong: a fault is found by its check, with what was read, and by no
// other than those that follow from it.
func TestOneThingWrong(t *testing.T) {
	t.Parallel()
	first := "01:00.0 0300 10de:2684 group=2 driver=vfio-pci numa=0 reset=flr bars=16M,32Gp,32Mp link=2.5x16/16.0x16"
	for name, c := range map[string]struct {
		change []string // old, new; an empty old adds a line
		check  doctor.Check
		level  doctor.Level
		device string
		read   string
		also   []doctor.Check
	}{
		"no virtualization": {[]string{"@cpu AuthenticAMD 48", `@file proc/cpuinfo processor: 0\nvendor_id: AuthenticAMD\nflags: fpu`}, doctor.CheckVirtualization, doctor.Fail, "", "neither vmx nor svm", nil},
		"no KVM":            {[]string{"@file dev/kvm 0", "@file dev/null 0"}, doctor.CheckDevice, doctor.Fail, "", "missing", nil},
		"KVM for a group":   {[]string{"@file dev/kvm 0", "@link dev/kvm /proc/self/status"}, doctor.CheckDevice, doctor.Fail, "", "-r--r--r--", nil},
		"no driver at all":  {[]string{",apparmor", ""}, doctor.CheckConfinement, doctor.Warn, "", "none", nil},
		"a driver unused":   {[]string{"", `@file etc/libvirt/qemu.conf user = "root"\nsecurity_driver = "none"`}, doctor.CheckConfinement, doctor.Fail, "", "apparmor", nil},
		"another's driver":  {[]string{",apparmor", ",selinux", "", `@file etc/libvirt/qemu.conf security_driver = [ "apparmor", "dac" ]`}, doctor.CheckConfinement, doctor.Fail, "", "selinux", nil},
		"no libvirtd":       {[]string{"@file run/libvirt/libvirt-sock 0", ""}, doctor.CheckDaemons, doctor.Fail, "", "libvirtd", nil},
		"no virtlogd":       {[]string{"@file run/libvirt/virtlogd-sock 0", ""}, doctor.CheckDaemons, doctor.Fail, "", "virtlogd", nil},
		"no IOMMU":          {[]string{" group=0", "", " group=1", "", " group=2", "", " group=3", "", " group=4", ""}, doctor.CheckIOMMU, doctor.Fail, "", "firmware", nil},
		"not remapped":      {[]string{"IR-PCI-MSI", "PCI-MSI"}, doctor.CheckRemapping, doctor.Fail, "", "not remapped", nil},
		"no group device":   {[]string{"@file dev/vfio/4 -\n", ""}, doctor.CheckGroupDevices, doctor.Fail, "0000:02:00.0", "/dev/vfio/4", nil},
		"a driver at boot":  {[]string{"", "@file sys/module/nouveau/refcnt 0"}, doctor.CheckBootOrder, doctor.Warn, "", "nouveau", nil},
		"MIG":               {[]string{"", recorded("mig")}, doctor.CheckModes, doctor.Fail, "0000:01:00.0", "mig", nil},
		"a broken record":   {[]string{"", "@file etc/dbc/gpus.toml schema = 1"}, doctor.CheckModes, doctor.Fail, "", "0 slots", nil},
		"confidential":      {[]string{"", recorded("cc")}, doctor.CheckModes, doctor.Fail, "0000:01:00.0", "cc", nil},
		"one lane":          {[]string{first, strings.Replace(first, "2.5x16", "2.5x1", 1)}, doctor.CheckLink, doctor.Fail, "0000:01:00.0", "1", nil},
		"kernel's AER":      {[]string{"", "# kernel: [9.1] pcieport 0000:00:01.1: AER: Uncorrected (Fatal) error message received from 0000:01:00.0"}, doctor.CheckLog, doctor.Warn, "0000:01:00.0", "Uncorrected", nil},
		"kernel's DMAR":     {[]string{"", "# kernel: [9.1] DMAR: [DMA Read NO_PASID] Request device [0000:02:00.0] fault addr 0x1000"}, doctor.CheckLog, doctor.Warn, "0000:02:00.0", "fault addr", nil},
		"IO_PAGE_FAULT":     {[]string{"", "# kernel: [9.1] vfio-pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x1]"}, doctor.CheckLog, doctor.Warn, "0000:01:00.0", "AMD-Vi", nil},
		"not ready":         {[]string{"", "# kernel: [9.1] vfio-pci 0000:01:00.0: not ready 65535ms after FLR; giving up"}, doctor.CheckLog, doctor.Warn, "0000:01:00.0", "giving up", nil},
		"old QEMU":          {[]string{"1:7.2+dfsg", "1:5.2+dfsg"}, doctor.CheckVersions, doctor.Fail, "", "5.2+dfsg", nil},
		"no QEMU":           {[]string{"Package: qemu-system-x86\\nStatus: install ok installed", "Package: qemu-system-x86\\nStatus: deinstall ok config-files"}, doctor.CheckVersions, doctor.Fail, "", "qemu-system-x86", nil},
		"old libvirt":       {[]string{"9.0.0-4", "8.0.0-1"}, doctor.CheckVersions, doctor.Fail, "", "8.0.0", nil},
		"wide regions":      {[]string{"16M,32Gp,32Mp link", "16M,64Gp,32Mp link"}, doctor.CheckVersions, doctor.Warn, "", "9.2", nil},
		"no OVMF":           {[]string{`["uefi"]`, `["bios"]`}, doctor.CheckFirmware, doctor.Fail, "", "/usr/share/qemu/firmware", nil},
		"bounded memory":    {[]string{"000001ffffffffff", "00000000a80425fb"}, doctor.CheckMemlock, doctor.Warn, "", "67108864", nil},
		"no cpuset":         {[]string{"cpuset cpu io", "cpu io"}, doctor.CheckControlGroups, doctor.Warn, "", "cpuset", nil},
		"no TAP":            {[]string{"@file dev/net/tun -\n", ""}, doctor.CheckNetwork, doctor.Fail, "", "/dev/net/tun", nil},
		"no vhost":          {[]string{"@file dev/vhost-net -\n", ""}, doctor.CheckNetwork, doctor.Warn, "", "/dev/vhost-net", nil},
		"unsafe interrupts": {[]string{"", "@file sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts Y"}, doctor.CheckProtection, doctor.Fail, "", "allow_unsafe_interrupts", nil},
		"ACS override":      {[]string{"", "@cmdline quiet pcie_acs_override=downstream"}, doctor.CheckProtection, doctor.Fail, "", "pcie_acs_override", nil},
		"virtual functions": {[]string{first, first + " vfs=4/16"}, doctor.CheckGPUs, doctor.Fail, "0000:01:00.0", "VFS_ENABLED", nil},
		"no GPU":            {[]string{"10de:2684", "1a03:2000"}, doctor.CheckGPUs, doctor.Warn, "", "0", nil},
		"foreign device":    {[]string{"", "00:14.0 0200 8086:10d3 group=2 driver=e1000e"}, doctor.CheckGroups, doctor.Fail, "0000:01:00.0", "e1000e", nil},
		"no room":           {[]string{first, strings.Replace(first, "32Gp", "32Gp!", 1)}, doctor.CheckRegions, doctor.Fail, "0000:01:00.0", "32768", nil},
		"small region":      {[]string{first, strings.Replace(first, "32Gp", "256Mp", 1), "", "@file sys/bus/pci/devices/0000:01:00.0/resource1_resize 0000000000007f00"}, doctor.CheckResizable, doctor.Warn, "0000:01:00.0", "256", nil},
		"39 bits":           {[]string{"@iommu ivhd0", "@iommu dmar0 37"}, doctor.CheckAddresses, doctor.Fail, "0000:01:00.0", "37", nil},
		"much memory":       {[]string{"33554432", "274877906944"}, doctor.CheckAddresses, doctor.Fail, "0000:01:00.0", "268435456", []doctor.Check{doctor.CheckHugePages}},
		"console":           {[]string{first, first + " boot_vga", "16M,32Gp,32Mp link=2.5x16/16.0x16 boot_vga", "16M@e0000000,32Gp,32Mp boot_vga", "", "@iomem e0000000-e0100000 BOOTFB"}, doctor.CheckConsole, doctor.Fail, "0000:01:00.0", "BOOTFB", nil},
		"boot display":      {[]string{first, first + " boot_vga"}, doctor.CheckConsole, doctor.Warn, "0000:01:00.0", "BOOT_VGA", nil},
		"no module":         {[]string{"@file sys/module/vfio_pci/refcnt 0\n", ""}, doctor.CheckModules, doctor.Fail, "", "vfio_pci", nil},
		"other driver":      {[]string{"01:00.1 0403 10de:22ba group=2 driver=vfio-pci", "01:00.1 0403 10de:22ba group=2 driver=snd_hda_intel"}, doctor.CheckDriver, doctor.Fail, "0000:01:00.1", "snd_hda_intel", nil},
		"no driver":         {[]string{"01:00.1 0403 10de:22ba group=2 driver=vfio-pci", "01:00.1 0403 10de:22ba group=2"}, doctor.CheckDriver, doctor.Fail, "0000:01:00.1", "", nil},
		"a holder":          {[]string{"", `@file proc/812/comm nvidia-persiste` + "\n@link proc/812/fd/7 /dev/nvidia0"}, doctor.CheckHolders, doctor.Fail, "", "nvidia-persiste", nil},
		"its display":       {[]string{"", `@file proc/812/comm Xorg` + "\n@link proc/812/fd/7 /dev/dri/card1\n@link sys/class/drm/card1 ../../devices/pci0000:00/0000:00:01.1/0000:01:00.0/drm/card1"}, doctor.CheckHolders, doctor.Fail, "", "Xorg", nil},
		"bus reset":         {[]string{first, strings.Replace(first, "reset=flr", "reset=bus", 1)}, doctor.CheckReset, doctor.Warn, "0000:01:00.0", "HOT_RESET_ONLY", nil},
		"broken reset":      {[]string{first, strings.NewReplacer("0300 10de:2684", "1200 1002:74a1").Replace(first), "01:00.1 0403 10de:22ba", "01:00.1 0403 1002:ab28"}, doctor.CheckReset, doctor.Fail, "0000:01:00.0", "BROKEN_RESET", nil},
		"deep sleep":        {[]string{"10de:2684", "10de:2b85", "", "@file sys/bus/pci/devices/0000:01:00.0/d3cold_allowed 1"}, doctor.CheckPower, doctor.Warn, "0000:01:00.0", "NVIDIA GeForce RTX 5090", nil},
		"few lanes":         {[]string{first, strings.Replace(first, "2.5x16", "2.5x4", 1)}, doctor.CheckLink, doctor.Warn, "0000:01:00.0", "4", nil},
		"unknown node":      {[]string{"@nodes 1", "@nodes 2", first, strings.Replace(first, "numa=0 ", "", 1)}, doctor.CheckNUMA, doctor.Warn, "0000:01:00.0", "", nil},
		"two types":         {[]string{"02:00.0 0300 10de:2684", "02:00.0 0300 10de:2204"}, doctor.CheckAlike, doctor.Warn, "0000:02:00.0", "1", nil},
		"one left unbound":  {[]string{"02:00.0 0300 10de:2684 group=4 driver=vfio-pci", "02:00.0 0300 10de:2204 group=4", "02:00.1 0403 10de:22ba group=4 driver=vfio-pci", "02:00.1 0403 10de:22ba group=4"}, doctor.CheckAlike, doctor.Warn, "0000:02:00.0", "1", nil},
		"one bound in part": {[]string{"02:00.0 0300 10de:2684 group=4", "02:00.0 0300 10de:2204 group=4", "02:00.1 0403 10de:22ba group=4 driver=vfio-pci", "02:00.1 0403 10de:22ba group=4"}, doctor.CheckDriver, doctor.Fail, "0000:02:00.1", "", []doctor.Check{doctor.CheckAlike}},
		"errors":            {[]string{"TOTAL_ERR_FATAL 0", "TOTAL_ERR_FATAL 3"}, doctor.CheckErrors, doctor.Warn, "0000:01:00.0", "3", nil},
		"known bad kernel":  {[]string{"6.12.48-amd64", "6.14.2-arch1"}, doctor.CheckKernel, doctor.Warn, "", "6.14.2-arch1", nil},
		"lockdown":          {[]string{"[none] integrity confidentiality", "none integrity [confidentiality]"}, doctor.CheckLockdown, doctor.Warn, "", "confidentiality", nil},
		"no huge pages":     {[]string{"33554432", "134217728"}, doctor.CheckHugePages, doctor.Warn, "", "131072", nil},
		"merging":           {[]string{"ksm/run 0", "ksm/run 1"}, doctor.CheckMerging, doctor.Warn, "", "1", nil},
		"swap":              {[]string{"SwapTotal: 0 kB", "SwapTotal: 4194304 kB"}, doctor.CheckSwap, doctor.Warn, "", "4096", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			description := well
			for i := 0; i < len(c.change); i += 2 {
				if c.change[i] == "" {
					description += c.change[i+1] + "\n"
					continue
				}
				if !strings.Contains(description, c.change[i]) {
					t.Fatalf("nothing to change: %q", c.change[i])
				}
				description = strings.ReplaceAll(description, c.change[i], c.change[i+1])
			}
			found := false
			for _, f := range examine(t, description).Findings {
				if f.Level == doctor.Pass {
					continue
				}
				if f.Check != c.check && !slices.Contains(c.also, f.Check) {
					t.Errorf("also %+v", f)
				}
				var values []string
				for _, v := range f.Read {
					values = append(values, v)
				}
				found = found || f.Check == c.check && f.Level == c.level && f.Device == c.device && (c.read == "" || strings.Contains(strings.Join(values, "\n"), c.read))
			}
			if !found {
				t.Errorf("not found: %+v", examine(t, description).Findings)
			}
		})
	}
}

// Larger pages and other kernels are fine.
func TestNoFalseAlarm(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][]string{
		"drivers kept off":       {"@nodes 1\n", "@nodes 1\n@file sys/module/nouveau/refcnt 0\n@file sys/module/nvidia/refcnt 0\n@file etc/modprobe.d/a.conf blacklist nouveau\\nsoftdep nvidia pre: vfio-pci\n"},
		"bound by the unit":      {"@nodes 1\n", "@nodes 1\n@file sys/module/nouveau/refcnt 0\n@file etc/systemd/system/dbc-gpu-bind.service -\n"},
		"an earlier APIC":        {"IR-PCI-MSI-0000:00:1f.2 0-edge ahci", "dummy"},
		"modes that are off":     {"@nodes 1\n", "@nodes 1\n" + recorded("") + "\n"},
		"another's faults":       {"@nodes 1\n", "@nodes 1\n# kernel: [9.1] ahci 0000:00:1f.2: not ready\n# kernel: [1.0] vfio-pci 0000:01:00.0: enabling device\n"},
		"a newer QEMU":           {"1:7.2+dfsg", "1:10.0.2+ds", "16M,32Gp,32Mp", "16M,64Gp,32Mp"},
		"another system":         {"@file var/lib/dpkg/status Package: qemu", "@file var/lib/rpm Package: qemu"},
		"groups of version 1":    {"sys/fs/cgroup/cgroup.controllers", "sys/fs/cgroup/memory/tasks"},
		"much may be locked":     {"000001ffffffffff", "0000000000000000", "67108864 67108864 bytes", "67108864 unlimited bytes"},
		"huge pages":             {"33554432", "134217728", "@nodes 1\n", "@nodes 1\n@file sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages 64\n"},
		"a copy without dev":     {"@file dev/", "@file devices/"},
		"SELinux":                {",apparmor", ",selinux"},
		"virtlogd not used":      {"@file run/libvirt/virtlogd-sock 0", "@file etc/libvirt/qemu.conf stdio_handler = \"file\""},
		"a driver named":         {"@nodes 1\n", "@nodes 1\n@file etc/libvirt/qemu.conf #security_driver = \"none\"\\nsecurity_driver = [ \"selinux\", \"apparmor\" ]\n"},
		"a later kernel":         {"6.12.48-amd64", "6.12.230-amd64"},
		"the processor's screen": {"@nodes 1\n", "@nodes 1\n@file proc/9/comm Xorg\n@link proc/9/fd/3 /dev/dri/card0\n@link sys/class/drm/card0 ../../devices/pci0000:00/0000:00:02.0/drm/card0\n"},
	} {
		description := well
		for i := 0; i < len(change); i += 2 {
			description = strings.ReplaceAll(description, change[i], change[i+1])
		}
		for _, f := range examine(t, description).Findings {
			if f.Level != doctor.Pass {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

// recorded is the host's file of cards with the first card and a mode that was on.
func recorded(mode string) string {
	modes := map[string]string{"mig": "off", "cc": "without"}
	if mode != "" {
		modes[mode] = "on"
	}
	return `@file etc/dbc/gpus.toml schema = 1\nnext = 1\n[[slot]]\nnumber = 0\n[[slot.function]]\naddress = "0000:01:00.0"\npci_ids = "10de:2684"\nsubsystem = "0000:0000"\n` +
		`revision = 0\nclass = "0300"\nbars = []\n[slot.function.measured]\nmig = "` + modes["mig"] + `"\ncc = "` + modes["cc"] + `"`
}

// TestRisers: what its host declares to be intended is no fault.
func TestRisers(t *testing.T) {
	t.Parallel()
	report, err := doctor.Examine(hwtest.Build(t, strings.Replace(well, "2.5x16", "2.5x1", 1)), doctor.Options{Risers: true})
	if err != nil || report.Worst() != doctor.Warn {
		t.Errorf("%v, %+v", err, report)
	}
}

// TestUnprivileged: a node makes some of the checks, none of which needs what it
// cannot see.
func TestUnprivileged(t *testing.T) {
	t.Parallel()
	hidden := strings.NewReplacer("@file dev/", "@file devices/", "@file proc/900", "@file proc/sys/900", "run/libvirt", "run/hidden").Replace(well)
	report, err := doctor.Examine(hwtest.Build(t, hidden+"@file dev/null -\n"), doctor.Options{Checks: doctor.Unprivileged})
	if err != nil || report.Worst() != doctor.Pass || len(report.Findings) != len(doctor.Unprivileged) || len(report.Findings) == len(doctor.Checks) {
		t.Errorf("%v, %+v", err, report)
	}
}
