package vm_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

// TestUEFI logs in to a guest of the tiny image that booted by UEFI. Its firmware
// keeps variables in the guest's own file, from its first start on.
func TestUEFI(t *testing.T) {
	d, _ := startDaemon(t)
	n := openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir, signer := folder(t), renter(t)
	spec := settle(t, dir, plain(t, dir), "uefi", netip.MustParseAddr("10.97.0.31"), signer)
	spec.NVRAM = filepath.Join(dir, "uefi", "nvram.fd")
	const port = 15224
	publish(t, n, spec, port)
	var first os.FileInfo
	for _, want := range []string{"1", "2"} {
		if err := driver.Define(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if err := driver.Start(t.Context(), spec.UUID); err != nil {
			t.Fatal(err)
		}
		guest := login(t, spec, "127.0.0.1", port, signer)
		if got := guest.must(t, "ls -d /sys/firmware/efi && echo started >> starts && sync && wc -l < starts"); got != "/sys/firmware/efi\n"+want {
			t.Errorf("start %s: the guest says %q", want, got)
		}
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
