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
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/taskdir"
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
				return w.spec(name)
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
	v := w.vm("whole")
	v.Firmware, v.Placement = vm.UEFI, vm.Placement{CPUs: []int{3, 1}, Emulator: []int{0}, Node: new(int), PageKiB: 2048}
	must(t, w.client.Define(t.Context(), v))
	spec := w.spec("whole")
	spec.Firmware, spec.NVRAM = vm.UEFI, filepath.Join(filepath.Dir(spec.ConsoleLog), taskdir.NVRAM)
	spec.Placement = v.Placement
	if got, _ := w.driver.Spec(spec.UUID); !reflect.DeepEqual(got, spec) {
		t.Errorf("the driver got %+v, want %+v", got, spec)
	}
}

// TestVMsOfOthers: whatever this computer or this folder does not have is refused, and
// nothing is defined.
func TestVMsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("refused")
	for name, spoil := range map[string]func(*guests.VM){
		"another VM's folder":  func(v *guests.VM) { v.Folder = folderOf("other") },
		"a path":               func(v *guests.VM) { v.Folder = "../../../etc/shadow" },
		"a disk not made":      func(v *guests.VM) { v.Disks = []string{"vdc"} },
		"a disk twice":         func(v *guests.VM) { v.Disks = []string{"vdb", "vdb"} },
		"a path for a disk":    func(v *guests.VM) { v.Disks = []string{"../vdb"} },
		"the seed as disk":     func(v *guests.VM) { v.Disks = []string{"vdz"} },
		"a CPU twice":          func(v *guests.VM) { v.Placement.CPUs = []int{1, 1} },
		"CPUs below zero":      func(v *guests.VM) { v.Placement.Emulator = []int{-1} },
		"a node far away":      func(v *guests.VM) { v.Placement.Node = new(1 << 40) },
		"more CPUs than there": func(v *guests.VM) { v.VCPUs = 9 },
		"no CPU":               func(v *guests.VM) { v.VCPUs = 0 },
		"more memory":          func(v *guests.VM) { v.MemoryMiB = 4097 },
		"memory beyond an int": func(v *guests.VM) { v.MemoryMiB = 1 << 63 },
	} {
		v := w.vm("refused")
		spoil(&v)
		if err := w.client.Define(t.Context(), v); !errors.Is(err, vm.ErrBadSpec) {
			t.Errorf("%s: %v, want %v", name, err, vm.ErrBadSpec)
		}
	}
	must(t, os.Remove(filepath.Join(w.data, "images", "tiny.qcow2")))
	if err := w.client.Define(t.Context(), w.vm("refused")); !errors.Is(err, image.ErrNotFound) {
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
	id := idOf("watched")
	for range 2 {
		for got := range changes {
			if got == "" {
				break
			}
		}
		must(t, w.client.Define(ctx, w.vm("watched")))
		must(t, w.client.Start(ctx, id))
		for got := range changes {
			if got == id {
				break
			}
		}
		w.stop()
		if _, err := w.client.Get(ctx, id); !errors.Is(err, vm.ErrUnavailable) {
			t.Errorf("while the helper is away: %v", err)
		}
		must(t, w.driver.Stop(ctx, id)) // it changes meanwhile
		w.start()
	}
	cancel()
	for range changes { // it must be closed
	}
}
