package doctor

import (
	"maps"
	"slices"
)

// Level is the outcome of a check.
type Level string

const (
	// Pass means that there is nothing to do.
	Pass Level = "pass"
	// Warn means that cards can be rented out, but slower or with a named risk.
	Warn Level = "warn"
	// Fail means that what it names cannot be rented out as it is.
	Fail Level = "fail"
)

// Check names what was examined. The program that shows it has the texts: why it
// matters, and the command that fixes it.
type Check string

// The checks, in the order in which they are made.
const (
	CheckVirtualization Check = "virtualization"
	CheckDevice         Check = "kvm_device"
	CheckConfinement    Check = "confinement"
	CheckDaemons        Check = "daemons"
	CheckIOMMU          Check = "iommu"
	CheckRemapping      Check = "interrupt_remapping"
	CheckProtection     Check = "protection"
	CheckGPUs           Check = "gpus"
	CheckGroups         Check = "groups"
	CheckRegions        Check = "regions"
	CheckResizable      Check = "resizable_bar"
	CheckAddresses      Check = "address_width"
	CheckConsole        Check = "console"
	CheckModules        Check = "modules"
	CheckDriver         Check = "driver"
	CheckGroupDevices   Check = "group_devices"
	CheckHolders        Check = "holders"
	CheckBootOrder      Check = "boot_order"
	CheckModes          Check = "modes"
	CheckReset          Check = "reset"
	CheckPower          Check = "power"
	CheckLink           Check = "link"
	CheckNUMA           Check = "numa"
	CheckAlike          Check = "alike"
	CheckErrors         Check = "bus_errors"
	CheckLog            Check = "kernel_log"
	CheckKernel         Check = "kernel"
	CheckLockdown       Check = "lockdown"
	CheckHugePages      Check = "huge_pages"
	CheckMerging        Check = "memory_merging"
	CheckSwap           Check = "swap"
	CheckVersions       Check = "versions"
	CheckFirmware       Check = "guest_firmware"
	CheckMemlock        Check = "locked_memory"
	CheckControlGroups  Check = "control_groups"
	CheckNetwork        Check = "network_devices"
)

// Checks are all checks.
var Checks = []Check{
	CheckVirtualization, CheckDevice, CheckConfinement, CheckDaemons, CheckIOMMU, CheckRemapping, CheckProtection, CheckGPUs, CheckGroups, CheckRegions, CheckResizable, CheckAddresses, CheckConsole,
	CheckModules, CheckDriver, CheckGroupDevices, CheckHolders, CheckBootOrder, CheckModes, CheckReset, CheckPower, CheckLink, CheckNUMA, CheckAlike, CheckErrors, CheckLog, CheckKernel, CheckLockdown,
	CheckHugePages, CheckMerging, CheckSwap, CheckVersions, CheckFirmware, CheckMemlock, CheckControlGroups, CheckNetwork,
}

// Unprivileged are the checks that a program without privileges, which sees
// neither devices nor other processes, makes as well as root.
var Unprivileged = slices.DeleteFunc(slices.Clone(Checks), func(c Check) bool {
	return slices.Contains([]Check{
		CheckDevice, CheckConfinement, CheckDaemons, CheckConsole, CheckGroupDevices, CheckHolders, CheckLog, CheckMemlock, CheckNetwork,
	}, c)
})

// Finding is one result of a check.
type Finding struct {
	Check Check `json:"check"`
	Level Level `json:"level"`
	// Device is the PCI address or slot that is meant, "" for the computer.
	Device string `json:"device,omitempty"`
	// Read are the values that decided it, by the names that the texts use.
	Read map[string]string `json:"read,omitempty"`
}

// Report is the result of an examination.
type Report struct {
	Findings []Finding `json:"findings"`
}

// Worst returns the worst level of all findings.
func (r Report) Worst() Level {
	worst := Pass
	for _, f := range r.Findings {
		if f.Level == Fail {
			return Fail
		}
		if f.Level == Warn {
			worst = Warn
		}
	}
	return worst
}

// read makes the values of a finding from pairs.
func read(pairs ...string) map[string]string {
	values := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[pairs[i]] = pairs[i+1]
	}
	return values
}

// results collects one check's findings: its faults, or one that it passed.
type results struct {
	check Check
	list  []Finding
	seen  map[string]string
}

func (r *results) add(level Level, device string, values map[string]string) {
	r.list = append(r.list, Finding{r.check, level, device, values})
}

// saw notes a value that was read, for the finding that the check passed.
func (r *results) saw(pairs ...string) {
	if r.seen == nil {
		r.seen = map[string]string{}
	}
	maps.Copy(r.seen, read(pairs...))
}

func (r *results) findings() []Finding {
	if len(r.list) > 0 {
		return r.list
	}
	return []Finding{{r.check, Pass, "", r.seen}}
}
