package vm_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/libvirt"
)

// What TestFloods requires: the neighbour's answers, and the limits of what the
// host gives.
const (
	// answerWithin is the maximum time of a neighbour's command meanwhile. It
	// takes some tenths of a second on an idle computer under emulation.
	answerWithin = 10 * time.Second
	// floodFor is how long each flood is observed.
	floodFor = 6 * time.Second
	// diskBytes is a virtual CPU's share of the disk per second: less than an
	// emulated guest can write.
	diskBytes = 4 << 20
)

var floodLimits = network.Limits{Connections: 200, Packets: 2000, Bytes: 4 << 20}

// TestFloods lets one guest's root flood connections, packets, disk and memory,
// one by one and then all together, while its neighbour answers and the host
// stays within the limits. Each guest has its own user.
func TestFloods(t *testing.T) {
	d, _ := startDaemon(t)
	n := openNetworkWithin(t, netip.IPv4Unspecified(), floodLimits)
	makeInternet(t)
	driver := openDriverWithin(t, d.Socket(), "test", libvirt.Limits{DiskBytes: diskBytes, DiskIOs: 2000})
	dir := folder(t)
	image, signer := probed(t, dir), renter(t)
	mine, theirs := netip.MustParseAddr("10.97.0.11"), netip.MustParseAddr("10.97.0.12")
	a := define(t, driver, dir, image, "flooder", mine, signer)
	b := define(t, driver, dir, image, "neighbour", theirs, signer)
	err := n.Apply(t.Context(), []network.Binding{
		{Tap: a.NIC.Tap, MAC: a.NIC.MAC, Addr: mine, Ports: []network.Port{{Protocol: "tcp", Host: 15222, Guest: 22}}},
		{Tap: b.NIC.Tap, MAC: b.NIC.MAC, Addr: theirs, Ports: []network.Port{{Protocol: "tcp", Host: 15223, Guest: 22}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	flooder, neighbour := login(t, a, hostOuter, 15222, signer), login(t, b, hostOuter, 15223, signer)
	apart(t, a, b)
	// Each ends when its test creates the file.
	lines := map[string]string{
		"connections": "while ! test -e %[1]s; do /bin/probe flood udp 9.9.9.9:53 1; done",
		"packets":     "while ! test -e %[1]s; do /bin/probe flood udp 9.9.9.9:53 1000000000; done",
		"disk":        "while ! test -e %[1]s; do dd if=/dev/zero of=/flood bs=64k count=4096 conv=fsync; done",
		"memory":      "while ! test -e %[1]s; do tail /dev/zero; done",
	}
	for _, kind := range []string{"connections", "packets", "disk", "memory"} {
		t.Run(kind, func(t *testing.T) { floods(t, flooder, neighbour, lines[kind]) })
	}
	t.Run("all", func(t *testing.T) {
		floods(t, flooder, neighbour, lines["connections"], lines["packets"], lines["disk"], lines["memory"])
	})
	if err := errors.Join(driver.Stop(t.Context(), a.UUID), driver.Undefine(t.Context(), a.UUID)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{a.Disks[0].Path, a.Disks[1].Path, a.ConsoleLog, filepath.Dir(a.VNCSocket)} {
		if uid := ownerOf(t, path); uid != 0 {
			t.Errorf("%s is of user %d after its guest is gone", path, uid)
		}
	}
}

// floods runs lines in the flooder while commands run in the neighbour.
func floods(t *testing.T, flooder, neighbour *inhabited, lines ...string) {
	end := "/tmp/end-" + strings.ReplaceAll(t.Name(), "/", "-")
	for _, line := range lines {
		flooder.must(t, fmt.Sprintf("(/bin/probe root /bin/sh -c %q >/dev/null 2>&1 </dev/null &)", fmt.Sprintf(line, end)))
	}
	defer func() {
		flooder.must(t, "touch "+end+"; /bin/probe root /bin/busybox killall probe dd tail 2>/dev/null || true")
	}()
	pid := emulator(t, flooder.spec)
	began, wrote, slowest := time.Now(), written(t, pid), time.Duration(0)
	for time.Since(began) < floodFor {
		asked := time.Now()
		neighbour.must(t, "dd if=/dev/zero of=/tmp/own bs=64k count=16 conv=fsync 2>/dev/null; echo here")
		slowest = max(slowest, time.Since(asked))
	}
	wrote = written(t, pid) - wrote
	took := time.Since(began) // includes both readings: what was written in between counts in full
	rate := float64(wrote) / took.Seconds()
	resident, tracked := residentMiB(t, pid), trackedOf(t, flooder.spec.NIC.Addr)
	t.Logf("neighbour: %v at most; flooder: %.1f MiB/s to disk, %d MiB resident, %d connections", slowest, rate/(1<<20), resident, tracked)
	// A second's burst in addition to the rate.
	if most := diskBytes * float64(flooder.spec.VCPUs) * (1 + 1.5/took.Seconds()); rate > most {
		t.Errorf("it writes %.0f bytes a second, want at most %.0f", rate, most)
	}
	if most := flooder.spec.MemoryMiB + flooder.spec.MemoryMiB/16 + 1024; resident > most {
		t.Errorf("its emulator has %d MiB, want at most %d", resident, most)
	}
	if most := int(floodLimits.Connections) * flooder.spec.VCPUs; tracked > most {
		t.Errorf("the host tracks %d of its connections, want at most %d", tracked, most)
	}
	if slowest > answerWithin {
		t.Errorf("its neighbour took %v to answer, want at most %v", slowest, answerWithin)
	}
}

// apart verifies that two guests' emulators run as two users, and neither may
// open the other's files.
func apart(t *testing.T, specs ...vm.Spec) {
	t.Helper()
	seen := map[int]bool{}
	for _, spec := range specs {
		want, err := userOf(spec)
		if err != nil || seen[want] {
			t.Fatalf("user %d, %v: want another for each", want, err)
		}
		seen[want] = true
		pid := emulator(t, spec)
		for path, want := range map[string]int{
			fmt.Sprintf("/proc/%d", pid): want, spec.Disks[0].Path: want, spec.Disks[1].Path: want, filepath.Dir(spec.VNCSocket): want,
			spec.Disks[0].Backing: 0,
		} {
			if got := ownerOf(t, path); got != want {
				t.Errorf("%s is of user %d, want %d", path, got, want)
			}
		}
		for _, path := range []string{spec.Disks[0].Path, spec.Disks[1].Path} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s is %v, %v: others can open it", path, info, err)
			}
		}
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !strings.Contains(string(line), "mem-merge=off") {
			t.Errorf("its memory may be merged with others': %v", err)
		}
	}
}

// emulator returns the process of a guest, by the UUID in its arguments.
func emulator(t *testing.T, spec vm.Spec) int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		text, _ := os.ReadFile(path)
		if args := strings.Split(string(text), "\x00"); strings.Contains(args[0], "qemu-system") && strings.Contains(string(text), string(spec.UUID)) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	t.Fatalf("%s has no emulator", spec.Name)
	return 0
}

func ownerOf(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Sys().(*syscall.Stat_t).Uid)
}

// field returns a number in a /proc file of the process, such as "VmRSS:".
func field(t *testing.T, pid int, file, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			value, _ := strconv.ParseInt(words[1], 10, 64)
			return value
		}
	}
	t.Fatalf("no %s in %s of %d", name, file, pid)
	return 0
}

func written(t *testing.T, pid int) int64   { return field(t, pid, "io", "wchar:") }
func residentMiB(t *testing.T, pid int) int { return int(field(t, pid, "status", "VmRSS:") >> 10) }

// trackedOf returns how many connections of a guest the kernel tracks.
func trackedOf(t *testing.T, guest netip.Addr) (count int) {
	t.Helper()
	flows, err := netlink.ConntrackTableList(netlink.ConntrackTable, unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flows {
		if from, _ := netip.AddrFromSlice(f.Forward.SrcIP.To4()); from == guest {
			count++
		}
	}
	return count
}
