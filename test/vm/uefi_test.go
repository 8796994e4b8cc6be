package vm_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/vm"
)

// TestUEFI logs in to a guest of the tiny image that booted by UEFI. From its
// first start on, its firmware keeps variables in the guest's own file.
func TestUEFI(t *testing.T) {
	d, _ := startDaemon(t)
	n := openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir, signer := folder(t), renter(t)
	spec := settle(t, dir, plain(t, dir), "uefi", netip.MustParseAddr("10.97.0.31"), signer)
	spec.Firmware, spec.NVRAM = vm.UEFI, filepath.Join(dir, "uefi", "nvram.fd")
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

// TestSecureBoot: the firmware starts nothing that its vendors' keys have not signed, such
// as the boot loader of the tiny image.
func TestSecureBoot(t *testing.T) {
	d, _ := startDaemon(t)
	openNetwork(t)
	driver := openDriver(t, d.Socket(), "test")
	dir := folder(t)
	spec := settle(t, dir, plain(t, dir), "secure", netip.MustParseAddr("10.97.0.32"), renter(t))
	spec.Firmware, spec.NVRAM = vm.SecureBoot, filepath.Join(dir, "secure", "nvram.fd")
	if err := driver.Define(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := driver.Start(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
	told := waitForConsole(t, spec.ConsoleLog, "Access Denied")
	if strings.Contains(told, "Linux version") {
		t.Errorf("it booted:\n%s", told)
	}
	if err := driver.Stop(t.Context(), spec.UUID); err != nil {
		t.Fatal(err)
	}
}

// waitForConsole returns the console's log once it has a text.
func waitForConsole(t *testing.T, path, want string) string {
	t.Helper()
	var text []byte
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
		text, _ = os.ReadFile(path)
		if bytes.Contains(text, []byte(want)) {
			return string(text)
		}
		_, _ = unix.Poll(nil, 200) // nobody tells when QEMU writes to it
	}
	t.Fatalf("the console never said %q:\n%s", want, text)
	return ""
}
