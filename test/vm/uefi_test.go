package vm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUEFI: the firmware comes as far as its choice of a boot loader, and its
// variables are in the guest's own file from its first start on. The guest's disk
// has none: the firmware says so on the serial console.
func TestUEFI(t *testing.T) {
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	spec := specIn(dir)(t, "uefi")
	spec.MemoryMiB, spec.NVRAM = 128, filepath.Join(dir, "uefi", "nvram.fd")
	var first os.FileInfo
	for range 2 {
		if err := driver.Define(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(spec.ConsoleLog); err != nil {
			t.Fatal(err)
		}
		if err := driver.Start(t.Context(), spec.UUID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the firmware to look for a boot loader", func() bool {
			log, err := os.ReadFile(spec.ConsoleLog)
			return err == nil && strings.Contains(string(log), "BdsDxe: ")
		})
		if err := driver.Stop(t.Context(), spec.UUID); err != nil {
			t.Fatal(err)
		}
		if err := driver.Undefine(t.Context(), spec.UUID); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(spec.NVRAM)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("variables: %v, %v", info, err)
		}
		if first == nil {
			first = info
		}
		if !os.SameFile(first, info) {
			t.Error("the second start made the variables anew")
		}
	}
}
