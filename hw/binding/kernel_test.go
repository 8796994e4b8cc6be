package binding

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// kernel does to a tree what the kernel does: vfio-pci takes what is reserved
// for it and has no driver.
type kernel struct {
	t      *testing.T
	sysfs  Sysfs
	loaded bool
	writes []string
	// before is called ahead of each change.
	before func(step string) error
	// deaf functions are not taken by vfio-pci.
	deaf bool
}

func newKernel(t *testing.T, dir string) *kernel {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return &kernel{t: t, sysfs: Sysfs{Root: root}}
}

func (k *kernel) Write(attribute, value string) error {
	if k.before != nil {
		if err := k.before(attribute); err != nil {
			return err
		}
	}
	k.writes = append(k.writes, path.Base(path.Dir(attribute))+"/"+path.Base(attribute)+"="+strings.TrimSpace(value))
	if err := k.sysfs.Write(attribute, value); err != nil {
		return err
	}
	if attribute == probe && k.loaded {
		k.take(value)
	}
	return nil
}

func (k *kernel) Load() error {
	if k.before != nil {
		if err := k.before("load"); err != nil {
			return err
		}
	}
	k.loaded = true
	return k.sysfs.Load()
}

func (k *kernel) take(address string) {
	dir := path.Join(devices, address)
	override, err := k.sysfs.Root.ReadFile(path.Join(dir, "driver_override"))
	if err != nil || strings.TrimSpace(string(override)) != vfio || k.deaf {
		return
	}
	if _, err := k.sysfs.Root.Readlink(path.Join(dir, "driver")); err == nil {
		return
	}
	if err := k.sysfs.Root.Symlink("../../../../bus/pci/drivers/"+vfio, path.Join(dir, "driver")); err != nil {
		k.t.Fatal(err)
	}
}

// bound builds a computer whose cards are recorded, then changes it.
func bound(t *testing.T, change ...string) string {
	t.Helper()
	root := tree(t, two)
	f := selected(t, root)
	if len(change) > 0 {
		description := two
		for i := 0; i < len(change); i += 2 {
			if !strings.Contains(description, change[i]) {
				t.Fatalf("nothing to change: %q", change[i])
			}
			description = strings.ReplaceAll(description, change[i], change[i+1])
		}
		root = tree(t, description)
	}
	if _, err := Bind(config(root), f); err != nil {
		t.Fatal(err)
	}
	return root
}

func codes(list []Outcome) string {
	var out []string
	for _, o := range list {
		text := fmt.Sprintf("%d %s %s", o.Slot, o.Function, o.Code)
		for _, value := range slices.Sorted(maps.Keys(o.Params)) {
			text += " " + value + "=" + o.Params[value]
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}
