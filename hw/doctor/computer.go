//go:build linux

package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/pci"
)

// computer is the computer that is examined.
type computer struct {
	hw.Files
	tree pci.Tree
	inv  gpu.Inventory
	// log is the kernel's, risers what the host says about cards with one lane.
	log    string
	risers bool
}

// Options are what an examination needs besides the computer's files.
type Options struct {
	// Checks are the checks to make; all if nil.
	Checks []Check
	// KernelLog are the kernel's lines since it started; "" if unknown.
	KernelLog string
	// Risers says that cards with one lane are meant to have one.
	Risers bool
}

// Examine makes checks of the computer whose sys, proc, dev and etc lie below root.
func Examine(root string, o Options) (Report, error) {
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
	c := computer{Files: hw.Files{Root: at}, tree: tree, inv: inv, log: o.KernelLog, risers: o.Risers}
	report := Report{Findings: []Finding{}}
	if o.Checks == nil {
		o.Checks = Checks
	}
	for _, check := range o.Checks {
		r := results{check: check}
		examinations[check](c, &r)
		report.Findings = append(report.Findings, r.findings()...)
	}
	return report, nil
}

// examinations maps each check to how it is made.
var examinations = map[Check]func(computer, *results){
	CheckVirtualization: virtualization, CheckDevice: device, CheckConfinement: confinement, CheckDaemons: daemons, CheckIOMMU: iommu, CheckRemapping: remapping, CheckProtection: protection, CheckGPUs: gpus,
	CheckGroups:    because(gpu.CodeForeign, gpu.CodeNoGroup, gpu.CodeTogether, gpu.CodeFabric),
	CheckRegions:   because(gpu.CodeUnassigned),
	CheckResizable: resizable, CheckAddresses: addresses,
	CheckConsole: because(gpu.CodeConsole, gpu.CodeBootVGA),
	CheckModules: modules, CheckDriver: driver, CheckGroupDevices: groupDevices, CheckHolders: holders, CheckBootOrder: bootOrder, CheckModes: modes,
	CheckReset: because(gpu.CodeNoReset, gpu.CodeResetHits, gpu.CodeBrokenReset, gpu.CodeGone, gpu.CodeHotReset),
	CheckPower: power,
	CheckLink:  link,
	CheckNUMA:  because(gpu.CodeNoNode),
	CheckAlike: alike, CheckErrors: busErrors, CheckLog: kernelLog, CheckKernel: kernel, CheckLockdown: lockdown,
	CheckHugePages: hugePages, CheckMerging: merging, CheckSwap: swap,
	CheckVersions: versions, CheckFirmware: firmware, CheckMemlock: memlock, CheckControlGroups: controlGroups, CheckNetwork: network,
}

// because makes a check from what the inventory says about a GPU: its reasons
// fail, its warnings warn.
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
						maps.Copy(values, reason.Params)
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

// slotFunctions returns the functions of all slots with their slots.
func (c computer) slotFunctions(each func(slot gpu.Slot, f pci.Function)) {
	for _, s := range c.inv.Slots {
		for _, a := range s.Functions {
			if f, ok := c.tree.Function(a); ok {
				each(s, f)
			}
		}
	}
}

// recorded returns the functions in the host's file of cards, none if there is no file.
func (c computer) recorded() ([]binding.Function, error) {
	file, err := binding.Load(c.Root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []binding.Function
	for _, s := range file.Slots {
		list = append(list, s.Functions...)
	}
	return list, err
}
