package doctor

import "maps"

// Level is how a check came out.
type Level string

const (
	// Pass means that there is nothing to do.
	Pass Level = "pass"
	// Warn means that cards can be rented out, but slower or with a risk that is named.
	Warn Level = "warn"
	// Fail means that what it names cannot be rented out as it is.
	Fail Level = "fail"
)

// Check names what was examined. The program that shows it has the words: why it
// matters, and the command that mends it.
type Check string

// The checks, in the order in which they are made.
const (
	CheckVirtualization Check = "virtualization"
	CheckDevice         Check = "kvm_device"
	CheckConfinement    Check = "confinement"
	CheckIOMMU          Check = "iommu"
	CheckProtection     Check = "protection"
	CheckGPUs           Check = "gpus"
	CheckGroups         Check = "groups"
	CheckRegions        Check = "regions"
	CheckResizable      Check = "resizable_bar"
	CheckAddresses      Check = "address_width"
	CheckConsole        Check = "console"
	CheckModules        Check = "modules"
	CheckDriver         Check = "driver"
	CheckHolders        Check = "holders"
	CheckReset          Check = "reset"
	CheckPower          Check = "power"
	CheckLink           Check = "link"
	CheckNUMA           Check = "numa"
	CheckAlike          Check = "alike"
	CheckErrors         Check = "bus_errors"
	CheckKernel         Check = "kernel"
	CheckLockdown       Check = "lockdown"
	CheckHugePages      Check = "huge_pages"
	CheckMerging        Check = "memory_merging"
	CheckSwap           Check = "swap"
)

// Checks are all of them.
var Checks = []Check{
	CheckVirtualization, CheckDevice, CheckConfinement, CheckIOMMU, CheckProtection, CheckGPUs, CheckGroups, CheckRegions, CheckResizable, CheckAddresses, CheckConsole,
	CheckModules, CheckDriver, CheckHolders, CheckReset, CheckPower, CheckLink, CheckNUMA, CheckAlike, CheckErrors, CheckKernel, CheckLockdown,
	CheckHugePages, CheckMerging, CheckSwap,
}

// Finding is one result of a check.
type Finding struct {
	Check Check `json:"check"`
	Level Level `json:"level"`
	// Device is the PCI address or slot that it is about, "" for the computer.
	Device string `json:"device,omitempty"`
	// Read are the values that decided it, by the names that the words use.
	Read map[string]string `json:"read,omitempty"`
}

// Report is what an examination found.
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

// results collects one check's findings: what is wrong, or one that it passed.
type results struct {
	check Check
	list  []Finding
	seen  map[string]string
}

func (r *results) add(level Level, device string, values map[string]string) {
	r.list = append(r.list, Finding{r.check, level, device, values})
}

// saw notes a value that was read, for the finding that all is well.
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
