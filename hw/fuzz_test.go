package hw_test

import (
	"testing"

	"github.com/dbc-network/dbc/hw"
)

// FuzzInventory: whatever a kernel prints, an inventory has processors and memory, or
// there is none.
func FuzzInventory(f *testing.F) {
	f.Add(cpuinfo, meminfo)
	f.Add("processor: \ncpu MHz: 1e300\n", "MemTotal: 18446744073709551615 kB\nMemAvailable: 0\n")
	f.Fuzz(func(t *testing.T, cpu, mem string) {
		inv, err := hw.Read(t.Context(), hw.Config{Root: root(t, cpu, mem)})
		if err == nil && (inv.Cores <= 0 || inv.MHz < 0 || inv.MemoryMiB == 0 || inv.CPUModel == "") {
			t.Errorf("%+v", inv)
		}
	})
}
