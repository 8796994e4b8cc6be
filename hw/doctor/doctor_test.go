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
@file sys/kernel/security/lsm lockdown,capability,landlock,yama,apparmor
@file sys/kernel/security/lockdown [none] integrity confidentiality
@file sys/kernel/mm/ksm/run 0
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

func examine(t *testing.T, description string) doctor.Report {
	t.Helper()
	report, err := doctor.Examine(hwtest.Build(t, description))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestWell: each check passes on a computer that is in order, once.
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

// TestOneThingWrong: what is wrong is found by its check, with what was read, and
// by no other than those that follow from it.
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
		"no IOMMU":          {[]string{" group=0", "", " group=1", "", " group=2", "", " group=3", "", " group=4", ""}, doctor.CheckIOMMU, doctor.Fail, "", "firmware", nil},
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

// Large pages and other kernels are no news.
func TestNoFalseAlarm(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][]string{
		"huge pages":             {"33554432", "134217728", "@nodes 1\n", "@nodes 1\n@file sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages 64\n"},
		"a copy without dev":     {"@file dev/kvm 0\n", ""},
		"SELinux":                {",apparmor", ",selinux"},
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
