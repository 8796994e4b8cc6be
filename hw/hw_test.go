package hw_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/hw"
)

const cpuinfo = `processor	: 0
physical id	: 0
model name	: AMD EPYC  7B13
cpu MHz		: 2449.998
flags		: fpu vme

processor	: 1
physical id	: 1
model name	: AMD EPYC  7B13
cpu MHz		: 1800.000
`

const meminfo = `MemTotal:       24622060 kB
MemFree:         1000000 kB
MemAvailable:   20480000 kB
`

func root(t *testing.T, cpu, mem string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"cpuinfo": cpu, "meminfo": mem} {
		if err := os.WriteFile(filepath.Join(dir, "proc", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRead(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	inv, err := hw.Read(t.Context(), hw.Config{Root: root(t, cpuinfo, meminfo), Paths: []string{data}})
	if err != nil {
		t.Fatal(err)
	}
	if inv.CPUModel != "AMD EPYC 7B13" || inv.Cores != 2 || inv.Sockets != 2 || inv.MHz != 2449 {
		t.Errorf("CPU: %+v", inv)
	}
	if inv.MemoryMiB != 24044 || inv.FreeMiB != 20000 {
		t.Errorf("memory: %d of %d MiB", inv.FreeMiB, inv.MemoryMiB)
	}
	if len(inv.Disks) != 1 || inv.Disks[0].TotalGiB == 0 || inv.Disks[0].TotalGiB < inv.Disks[0].FreeGiB {
		t.Errorf("disks: %+v", inv.Disks)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ cpu, mem string }{
		"no processor": {"model name: x\n", meminfo},
		"no memory":    {cpuinfo, "MemFree: 1 kB\n"},
		"no number":    {cpuinfo, "MemTotal: lots kB\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := hw.Read(t.Context(), hw.Config{Root: root(t, c.cpu, c.mem)})
			if !errors.Is(err, hw.ErrUnreadable) {
				t.Errorf("got %v, want ErrUnreadable", err)
			}
		})
	}
}

// TestRatedMHz: the listed clock is not the current one.
func TestRatedMHz(t *testing.T) {
	t.Parallel()
	const freq = "sys/devices/system/cpu/cpu0/cpufreq/"
	for name, c := range map[string]struct {
		model string
		files map[string]string
		want  int
	}{
		"base and highest": {"x @ 3.50GHz", map[string]string{"base_frequency": "2400000\n", "cpuinfo_max_freq": "3900000\n"}, 2400},
		"highest":          {"x", map[string]string{"cpuinfo_max_freq": "3679687\n"}, 3679},
		"no number":        {"x", map[string]string{"cpuinfo_max_freq": "<unknown>\n"}, 0},
		"name":             {"Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", nil, 2400},
		"nothing":          {"AMD EPYC", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, now := range []string{"800.000", "3600.123"} {
				dir := root(t, "processor : 0\nmodel name : "+c.model+"\ncpu MHz : "+now+"\n", meminfo)
				if err := os.MkdirAll(filepath.Join(dir, freq), 0o755); err != nil {
					t.Fatal(err)
				}
				for file, text := range c.files {
					if err := os.WriteFile(filepath.Join(dir, freq, file), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				inv, err := hw.Read(t.Context(), hw.Config{Root: dir})
				if err != nil || inv.RatedMHz != c.want {
					t.Errorf("at %s MHz: %d, %v; want %d", now, inv.RatedMHz, err, c.want)
				}
			}
		})
	}
}

func TestReadThisMachine(t *testing.T) {
	t.Parallel()
	inv, err := hw.Read(t.Context(), hw.Config{Paths: []string{"/"}})
	if err != nil {
		t.Fatal(err)
	}
	if inv.Cores < 1 || inv.MemoryMiB < 1 || len(inv.Disks) != 1 {
		t.Errorf("%+v", inv)
	}
}

// A partition has its disk's type.
func TestDiskType(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	disk, err := hw.ReadDisk(data)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%d:%d", unix.Major(disk.Device), unix.Minor(disk.Device))
	for turns, want := range map[string]string{"0\n": "SSD", "1\n": "HDD", "x": "unknown", "": "unknown"} {
		dir := root(t, cpuinfo, meminfo)
		device := filepath.Join(dir, "sys/devices/sda/sda1")
		blocks := filepath.Join(dir, "sys/dev/block")
		for _, made := range []string{device, blocks, filepath.Join(dir, "sys/devices/sda/queue")} {
			if err := os.MkdirAll(made, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(device, filepath.Join(blocks, name)); err != nil {
			t.Fatal(err)
		}
		if turns != "" {
			if err := os.WriteFile(filepath.Join(dir, "sys/devices/sda/queue/rotational"), []byte(turns), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		inv, err := hw.Read(t.Context(), hw.Config{Root: dir, Paths: []string{data}})
		if err != nil || inv.Disks[0].Type != want {
			t.Errorf("%q: %+v, %v; want %s", turns, inv.Disks, err, want)
		}
	}
}
