package doctor

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

// computer is what is examined.
type computer struct {
	hw.Files
	tree pci.Tree
	inv  gpu.Inventory
}

// Examine makes all checks of the computer whose sys, proc, dev and etc lie below root.
func Examine(root string) (Report, error) {
	inv, err := gpu.Read(root)
	if err != nil {
		return Report{}, err
	}
	at, err := os.OpenRoot(root)
	if err != nil {
		return Report{}, fmt.Errorf("examine the computer: %w", err)
	}
	defer func() { _ = at.Close() }()
	tree, err := pci.Read(at)
	if err != nil {
		return Report{}, fmt.Errorf("examine the computer: %w", err)
	}
	c := computer{hw.Files{Root: at}, tree, inv}
	report := Report{Findings: []Finding{}}
	for _, check := range Checks {
		r := results{check: check}
		examinations[check](c, &r)
		report.Findings = append(report.Findings, r.findings()...)
	}
	return report, nil
}

// examinations are how each check is made.
var examinations = map[Check]func(computer, *results){
	CheckVirtualization: virtualization, CheckDevice: device, CheckConfinement: confinement, CheckIOMMU: iommu, CheckProtection: protection, CheckGPUs: gpus,
	CheckGroups:    because(gpu.CodeForeign, gpu.CodeNoGroup, gpu.CodeTogether, gpu.CodeFabric),
	CheckRegions:   because(gpu.CodeUnassigned),
	CheckResizable: resizable, CheckAddresses: addresses,
	CheckConsole: because(gpu.CodeConsole, gpu.CodeBootVGA),
	CheckModules: modules, CheckDriver: driver, CheckHolders: holders,
	CheckReset: because(gpu.CodeNoReset, gpu.CodeResetHits, gpu.CodeBrokenReset, gpu.CodeGone, gpu.CodeHotReset),
	CheckPower: power,
	CheckLink:  because(gpu.CodeNarrow),
	CheckNUMA:  because(gpu.CodeNoNode),
	CheckAlike: alike, CheckErrors: busErrors, CheckKernel: kernel, CheckLockdown: lockdown,
	CheckHugePages: hugePages, CheckMerging: merging, CheckSwap: swap,
}

// because makes a check of what the inventory says of a GPU: its reasons fail,
// its warnings warn.
func because(codes ...gpu.Code) func(computer, *results) {
	return func(c computer, r *results) {
		for _, g := range c.inv.GPUs {
			if isIntegrated(g) {
				continue
			}
			for _, list := range []struct {
				level   Level
				reasons []gpu.Reason
			}{{Fail, g.Reasons}, {Warn, g.Warnings}} {
				for _, reason := range list.reasons {
					if slices.Contains(codes, reason.Code) {
						values := read("code", string(reason.Code))
						for name, value := range reason.Params {
							values[name] = value
						}
						r.add(list.level, g.Address.String(), values)
					}
				}
			}
		}
	}
}

func isIntegrated(g gpu.GPU) bool {
	return slices.ContainsFunc(g.Reasons, func(r gpu.Reason) bool { return r.Code == gpu.CodeIntegrated })
}

// field returns the value of a line "name: value".
func (c computer) field(file, name string) string {
	for line := range strings.Lines(c.Text(file)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// memoryMiB reads a field of /proc/meminfo, which counts in kB.
func (c computer) memoryMiB(name string) uint64 {
	var kib uint64
	if _, err := fmt.Sscanf(c.field("proc/meminfo", name), "%d kB", &kib); err != nil {
		return 0
	}
	return kib >> 10
}

// slotFunctions returns the functions of all slots, with each one's slot.
func (c computer) slotFunctions(each func(slot gpu.Slot, f pci.Function)) {
	for _, s := range c.inv.Slots {
		for _, a := range s.Functions {
			if f, ok := c.tree.Function(a); ok {
				each(s, f)
			}
		}
	}
}
