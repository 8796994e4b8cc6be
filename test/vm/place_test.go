package vm_test

import (
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/dbc-network/dbc/vm"
)

// TestPlacement asks virsh where a guest's CPUs and its emulator run.
func TestPlacement(t *testing.T) {
	last := runtime.NumCPU() - 1
	if last == 0 {
		t.Fatal("needs two CPUs")
	}
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	spec := specIn(folder(t))(t, "placed")
	spec.VCPUs, spec.Placement = 2, vm.Placement{CPUs: []int{last, 0}, Emulator: []int{0}, Node: new(int)}
	if err := driver.Define(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"vcpupin":     `(?m)^ 0 +` + strconv.Itoa(last) + `\n 1 +0$`,
		"emulatorpin": `(?m)^ +\*: 0$`,
		"numatune":    `(?m)^numa_mode +: preferred\nnuma_nodeset +: 0$`,
	} {
		out, err := exec.CommandContext(t.Context(), "virsh", "-c", "qemu:///system?socket="+d.Socket(), command, string(spec.UUID)).CombinedOutput()
		if err != nil || !regexp.MustCompile(want).Match(out) {
			t.Errorf("virsh %s: %v, want %s:\n%s", command, err, want, out)
		}
	}
}
