package helper_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/taskdir"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
	"github.com/dbc-network/dbc/vm/vmtest"
)

// TestDriver: through the socket a driver is as good as at hand.
func TestDriver(t *testing.T) {
	t.Parallel()
	for _, deaf := range []bool{false, true} {
		vmtest.Run(t, func(t *testing.T) vmtest.Bench {
			w := newWorld(t)
			w.driver.Deafen(deaf)
			w.image("tiny.qcow2")
			w.bind()
			disk := func(t *testing.T, spec vm.Spec, target string) vm.Disk {
				must(t, w.client.SizeDisk(t.Context(), filepath.Base(filepath.Dir(spec.ConsoleLog)), target, 1, true))
				return vm.Disk{Path: filepath.Join(filepath.Dir(spec.ConsoleLog), target+".raw"), Format: "raw", Target: target}
			}
			spec := func(t *testing.T, name string) vm.Spec {
				w.make(name)
				return w.spec(t, name)
			}
			return vmtest.Bench{Driver: asked{w.client, t}, Spec: spec, Greeting: fake.Greeting, Disk: disk, Agent: true, Limit: 30 * time.Second}
		})
	}
}

// TestSpecIsWhole: what the emulator gets is what the node said, though no path
// crossed the socket.
func TestSpecIsWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("whole")
	spec := w.spec(t, "whole")
	spec.NVRAM = filepath.Join(filepath.Dir(spec.ConsoleLog), taskdir.NVRAM)
	spec.Placement = vm.Placement{CPUs: []int{3, 1}, Emulator: []int{0}, Node: new(int), PageKiB: 2048}
	must(t, w.client.Define(t.Context(), spec))
	if got, _ := w.driver.Spec(spec.UUID); !reflect.DeepEqual(got, spec) {
		t.Errorf("the driver got %+v, want %+v", got, spec)
	}
}

// TestSpecsOfOthers: whatever is not made from ids of this machine is refused
// before it leaves the node, and nothing is defined.
func TestSpecsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("refused")
	for name, spoil := range map[string]func(*vm.Spec){
		"the host's passwords": func(s *vm.Spec) { s.Disks[1].Path = "/etc/shadow" },
		"another VM's disk":    func(s *vm.Spec) { s.Disks[1].Path = w.spec(t, "other").Disks[1].Path },
		"a base elsewhere":     func(s *vm.Spec) { s.Disks[0].Backing = "/tmp/tiny.qcow2" },
		"a disk too many":      func(s *vm.Spec) { s.Disks = append(s.Disks, vm.Disk{Path: "/dev/sda", Format: "raw", Target: "vdc"}) },
		"seed to be written":   func(s *vm.Spec) { s.Disks[2].ReadOnly = false },
		"another bridge":       func(s *vm.Spec) { s.NIC.Bridge = "br0" },
		"log elsewhere":        func(s *vm.Spec) { s.ConsoleLog = "/var/log/syslog" },
		"variables elsewhere":  func(s *vm.Spec) { s.NVRAM = "/etc/passwd" },
		"a CPU twice":          func(s *vm.Spec) { s.Placement.CPUs = []int{1, 1} },
		"CPUs below zero":      func(s *vm.Spec) { s.Placement.Emulator = []int{-1} },
		"a node far away":      func(s *vm.Spec) { s.Placement.Node = new(1 << 40) },
		"socket elsewhere":     func(s *vm.Spec) { s.VNCSocket = "/run/vnc/sock" },
		"a device":             func(s *vm.Spec) { s.Devices = []vm.PCIDevice{"0000:01:00.0"} },
		"another's name":       func(s *vm.Spec) { s.Name = "somebody-elses" },
		"another chain's name": func(s *vm.Spec) { s.Name = "dbc-00000000-7-001122334455" },
		"another's UUID":       func(s *vm.Spec) { s.UUID = "00000000-1111-4222-8333-444444444444" },
		"another's card":       func(s *vm.Spec) { s.NIC.Tap = "eth0" },
		"a vendor's MAC":       func(s *vm.Spec) { s.NIC.MAC[0] = 0x52 },
		"the gateway":          func(s *vm.Spec) { s.NIC.Addr = cidr.Addr().Next() },
		"outside the network":  func(s *vm.Spec) { s.NIC.Addr = cidr.Addr().Prev() },
		"more CPUs than there": func(s *vm.Spec) { s.VCPUs = 9 },
		"more memory":          func(s *vm.Spec) { s.MemoryMiB = 4097 },
	} {
		spec := w.spec(t, "refused")
		spoil(&spec)
		if err := w.client.Define(t.Context(), spec); !errors.Is(err, vm.ErrBadSpec) {
			t.Errorf("%s: %v, want %v", name, err, vm.ErrBadSpec)
		}
	}
	spec := w.spec(t, "refused")
	spec.Disks[0].Backing = filepath.Join(w.data, "images", "none.qcow2")
	if err := w.client.Define(t.Context(), spec); !errors.Is(err, vm.ErrBadSpec) {
		t.Errorf("another image: %v", err)
	}
	must(t, os.Remove(filepath.Join(w.data, "images", "tiny.qcow2")))
	if err := w.client.Define(t.Context(), w.spec(t, "refused")); !errors.Is(err, image.ErrNotFound) {
		t.Errorf("no such image: %v", err)
	}
	if list, err := w.driver.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("defined %+v, %v", list, err)
	}
}

// TestWatchOutlivesTheHelper: what was missed is told by "".
func TestWatchOutlivesTheHelper(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	changes, err := w.client.Watch(ctx)
	must(t, err)
	w.make("watched")
	spec := w.spec(t, "watched")
	for range 2 {
		for got := range changes {
			if got == "" {
				break
			}
		}
		must(t, w.client.Define(ctx, spec))
		must(t, w.client.Start(ctx, spec.UUID))
		for got := range changes {
			if got == spec.UUID {
				break
			}
		}
		w.stop()
		if _, err := w.client.Get(ctx, spec.UUID); !errors.Is(err, vm.ErrUnavailable) {
			t.Errorf("while the helper is away: %v", err)
		}
		must(t, w.driver.Stop(ctx, spec.UUID)) // it changes meanwhile
		w.start()
	}
	cancel()
	for range changes { // it must be closed
	}
}
