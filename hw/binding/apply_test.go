package binding

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// kernel does to a tree what the kernel does: vfio-pci takes what is kept for it
// and has no driver.
type kernel struct {
	t      *testing.T
	sysfs  Sysfs
	loaded bool
	writes []string
	// before is asked ahead of each change.
	before func(step string) error
	// deaf functions are not taken.
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

func TestApply(t *testing.T) {
	t.Parallel()
	root := bound(t)
	k := newKernel(t, root)
	list, err := Apply(root, k)
	if err != nil {
		t.Fatal(err)
	}
	want := "0 0000:01:00.0 BOUND\n0 0000:01:00.1 BOUND\n1 0000:02:00.0 BOUND\n1 0000:02:00.1 BOUND"
	if got := codes(list); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// All overrides come before the first probe.
	wrote := strings.Join(k.writes, " ")
	if wrote != "0000:01:00.0/driver_override=vfio-pci 0000:01:00.1/driver_override=vfio-pci 0000:02:00.0/driver_override=vfio-pci "+
		"0000:02:00.1/driver_override=vfio-pci pci/drivers_probe=0000:01:00.0 pci/drivers_probe=0000:01:00.1 pci/drivers_probe=0000:02:00.0 pci/drivers_probe=0000:02:00.1" {
		t.Error(wrote)
	}
	k = newKernel(t, root)
	if list, err = Apply(root, k); err != nil || strings.Count(codes(list), string(CodeAlready)) != 4 || len(k.writes) != 0 {
		t.Errorf("again: %v, %s, wrote %v", err, codes(list), k.writes)
	}
}

// A crash between any two writes leaves what the next call completes.
func TestApplyAfterCrash(t *testing.T) {
	t.Parallel()
	for n := 0; ; n++ {
		root := bound(t)
		k := newKernel(t, root)
		crash := crashAt(n)
		dead := false
		k.before = func(step string) error {
			if !dead {
				dead = crash(step) != nil
			}
			if dead {
				return errCrash
			}
			return nil
		}
		list, err := Apply(root, k)
		if !dead {
			if err != nil || n < 9 {
				t.Fatalf("%d steps, %v", n, err)
			}
			return
		}
		if err == nil && !slices.ContainsFunc(list, Outcome.Failed) {
			t.Errorf("step %d: a refused write is not told: %s", n, codes(list))
		}
		k = newKernel(t, root)
		list, err = Apply(root, k)
		if err != nil || slices.ContainsFunc(list, Outcome.Failed) || len(list) != 4 {
			t.Errorf("step %d: %v, %s", n, err, codes(list))
		}
	}
}

// What is not as it was recorded is left alone, with the reason; the other slot
// is bound all the same.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	const second = "1 0000:02:00.0 BOUND\n1 0000:02:00.1 BOUND"
	for name, c := range map[string]struct {
		change []string
		want   string
	}{
		"another model":    {[]string{"01:00.0 0300 10de:2684/1043:889a group=2", "01:00.0 0300 10de:2204/1043:889a group=2"}, "0 0000:01:00.0 OTHER_CARD field=pci_ids have=10de:2204 want=10de:2684"},
		"another maker":    {[]string{"01:00.0 0300 10de:2684/1043:889a", "01:00.0 0300 10de:2684/1462:5103"}, "0 0000:01:00.0 OTHER_CARD field=subsystem have=1462:5103 want=1043:889a"},
		"another revision": {[]string{"889a group=2 rev=a1 reset=flr bars=16M", "889a group=2 rev=a2 reset=flr bars=16M"}, "0 0000:01:00.0 OTHER_CARD field=revision have=162 want=161"},
		"another class":    {[]string{"01:00.0 0300", "01:00.0 0302"}, "0 0000:01:00.0 OTHER_CARD field=class have=0302 want=0300"},
		"other regions":    {[]string{"group=2 rev=a1 reset=flr bars=16M,32Gp", "group=2 rev=a1 reset=flr bars=16M,16Gp"}, "0 0000:01:00.0 OTHER_CARD field=bars have=0:16777216 1:17179869184 3:33554432  want=0:16777216 1:34359738368 3:33554432 "},
		"a disk there":     {[]string{"01:00.0 0300 10de:2684/1043:889a", "01:00.0 0108 144d:a808"}, "0 0000:01:00.0 OTHER_CARD field=pci_ids have=144d:a808 want=10de:2684"},
		"moved away":       {[]string{"  01:00.", "  07:00."}, "0 0000:01:00.0 ABSENT\n0 0000:01:00.1 ABSENT"},
		"off the bus":      {[]string{"01:00.0 0300 10de:2684", "01:00.0 0300 ffff:ffff"}, "0 0000:01:00.0 OTHER_CARD field=pci_ids have=ffff:ffff want=10de:2684"},
		"a live driver":    {[]string{"01:00.0 0300 10de:2684/1043:889a", "01:00.0 0300 10de:2684/1043:889a driver=nvidia"}, "0 0000:01:00.0 LIVE_DRIVER driver=nvidia"},
		"live audio":       {[]string{"01:00.1 0403 10de:22ba/1043:889a", "01:00.1 0403 10de:22ba/1043:889a driver=snd_hda_intel"}, "0 0000:01:00.1 LIVE_DRIVER driver=snd_hda_intel"},
		"a foreign member": {[]string{"group=6 driver=nvme", "group=2 driver=nvme"}, "0 0000:01:00.0 NO_SLOT\n0 0000:01:00.1 NO_SLOT"},
		"a third function": {[]string{"  01:00.1", "  01:00.2 0c03 10de:1ada group=2\n  01:00.1"}, "0 0000:01:00.0 NO_SLOT\n0 0000:01:00.1 NO_SLOT"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := bound(t, c.change...)
			k := newKernel(t, root)
			list, err := Apply(root, k)
			if err != nil {
				t.Fatal(err)
			}
			if got := codes(list); got != c.want+"\n"+second {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if wrote := strings.Join(k.writes, " "); strings.Contains(wrote, "01:00") {
				t.Errorf("wrote %s", wrote)
			}
		})
	}
}

// An override that the initramfs set for ids is taken back from another card, so
// that its own driver can have it.
func TestApplyReleases(t *testing.T) {
	t.Parallel()
	root := bound(t, "group=2 rev=a1 reset=flr bars=16M,32Gp", "group=2 rev=a1 reset=flr bars=16M,16Gp")
	attribute := filepath.Join(root, devices, "0000:01:00.0/driver_override")
	if err := os.WriteFile(attribute, []byte("vfio-pci\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Apply(root, newKernel(t, root)); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(attribute); err != nil || strings.TrimSpace(string(text)) != "" {
		t.Errorf("%q, %v", text, err)
	}
}

// A file with what is no slot binds nothing: neither a disk nor half a card.
func TestHostileFile(t *testing.T) {
	t.Parallel()
	root := bound(t)
	at := filepath.Join(root, Path)
	text, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	disk := Function{Address: pci.Address{Bus: 3}, IDs: pci.ID{Vendor: 0x144d, Device: 0xa808}, Class: "0108", BARs: []Region{{0, 16384, false}}}
	asSlot, err := File{Slots: []Slot{{[]Function{disk}}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	half := f
	half.Slots = []Slot{{f.Slots[0].Functions[:1]}}
	halfText, err := half.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	joined, err := File{Slots: []Slot{{slices.Concat(f.Slots[0].Functions, f.Slots[1].Functions)}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		file bool // refused as a file
	}{
		"a disk":            {string(asSlot), 0o644, false},
		"half a card":       {string(halfText), 0o644, false},
		"two cards in one":  {string(joined), 0o644, false},
		"others may write":  {good, 0o666, true},
		"empty":             {"", 0o644, true},
		"a key of nobody's": {good + "\n[extra]\na=1\n", 0o644, true},
		"no address":        {strings.ReplaceAll(good, "0000:01:00.0", "../../../etc"), 0o644, true},
		"twice":             {strings.ReplaceAll(good, "0000:01:00.1", "0000:01:00.0"), 0o644, true},
		"schema":            {strings.Replace(good, "schema = 1", "schema = 2", 1), 0o644, true},
		"class":             {strings.ReplaceAll(good, "0300", `03\n0`), 0o644, true},
		"large":             {good + strings.Repeat("#", maxFile), 0o644, true},
		"many":              {"schema=1\n" + strings.Repeat("[[slot]]\n", 70), 0o644, true},
		"binary":            {"\x00\xff", 0o644, true},
	} {
		if err := errors.Join(os.WriteFile(at, []byte(c.text), c.mode), os.Chmod(at, c.mode)); err != nil {
			t.Fatal(err)
		}
		k := newKernel(t, root)
		list, err := Apply(root, k)
		if c.file != errors.Is(err, ErrFile) || !c.file && !slices.ContainsFunc(list, func(o Outcome) bool { return o.Failed() }) {
			t.Errorf("%s: %v, %s", name, err, codes(list))
		}
		if len(k.writes) != 0 {
			t.Errorf("%s: wrote %v", name, k.writes)
		}
	}
	if err := errors.Join(os.Remove(at), os.Symlink("gpu-bind.json", at)); err != nil {
		t.Fatal(err)
	}
	if _, err := Apply(root, newKernel(t, root)); err == nil {
		t.Error("a link was followed")
	}
}

func TestNotTaken(t *testing.T) {
	t.Parallel()
	root := bound(t)
	k := newKernel(t, root)
	k.deaf = true
	if list, err := Apply(root, k); err != nil || strings.Count(codes(list), string(CodeNotTaken)) != 4 {
		t.Errorf("%v, %s", err, codes(list))
	}
}

// The size of a region that can be resized depends on who looked at it first.
func TestResizable(t *testing.T) {
	t.Parallel()
	resize := "\n@file sys/bus/pci/devices/0000:01:00.0/resource1_resize 7f00"
	description := strings.Replace(two, "00:03.1", resize+"\n00:03.1", 1)
	root := tree(t, description)
	f := selected(t, root)
	small := tree(t, strings.Replace(description, "group=2 rev=a1 reset=flr bars=16M,32Gp", "group=2 rev=a1 reset=flr bars=16M,256Mp", 1))
	if _, err := Bind(config(small), f); err != nil {
		t.Fatal(err)
	}
	if list, err := Apply(small, newKernel(t, small)); err != nil || slices.ContainsFunc(list, Outcome.Failed) {
		t.Errorf("%v, %s", err, codes(list))
	}
}

// The card's serial number counts where both have one.
func TestSerial(t *testing.T) {
	t.Parallel()
	line := "\n@file sys/bus/pci/devices/0000:01:00.0/serial_number 48-b0-2d-00-00-00-00-0"
	for _, c := range []struct {
		then string
		ok   bool
	}{{"1", true}, {"2", false}} {
		root := tree(t, strings.Replace(two, "00:03.1", line+"1\n00:03.1", 1))
		f := selected(t, root)
		later := tree(t, strings.Replace(two, "00:03.1", line+c.then+"\n00:03.1", 1))
		if _, err := Bind(config(later), f); err != nil {
			t.Fatal(err)
		}
		list, err := Apply(later, newKernel(t, later))
		if err != nil || slices.ContainsFunc(list, Outcome.Failed) == c.ok {
			t.Errorf("%v, %s", err, codes(list))
		}
	}
}

// The script for the initramfs keeps drivers off the recorded cards, by ids, and
// off nothing else; it can be sourced and can be run twice.
func TestInitramfs(t *testing.T) {
	t.Parallel()
	f := selected(t, tree(t, two))
	for name, c := range map[string]struct {
		change []string
		kept   string
	}{
		"as recorded":   {nil, "01:00.0 01:00.1 02:00.0 02:00.1"},
		"another model": {[]string{"01:00.0 0300 10de:2684", "01:00.0 0300 10de:2204"}, "01:00.1 02:00.0 02:00.1"},
		"another class": {[]string{"01:00.0 0300", "01:00.0 0302"}, "01:00.1 02:00.0 02:00.1"},
		"driver":        {[]string{"01:00.0 0300 10de:2684/1043:889a", "01:00.0 0300 10de:2684/1043:889a driver=nouveau"}, "01:00.1 02:00.0 02:00.1"},
		"absent":        {[]string{"  01:00.", "  07:00."}, "02:00.0 02:00.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := tree(t, two, systems["both"]...)
			description := two
			for i := 0; i < len(c.change); i += 2 {
				description = strings.ReplaceAll(description, c.change[i], c.change[i+1])
			}
			other := hwtest.Build(t, description)
			if _, err := Bind(config(root), f); err != nil {
				t.Fatal(err)
			}
			for _, script := range []string{debianHook, dracutHook + "/keep.sh"} {
				text, err := os.ReadFile(filepath.Join(root, script))
				if err != nil {
					t.Fatal(err)
				}
				moved := strings.ReplaceAll(string(text), "=/sys/", "="+other+"/sys/") + "\necho end\n"
				for range 2 {
					out, err := exec.CommandContext(t.Context(), "sh", "-euc", moved).CombinedOutput()
					if err != nil || string(out) != "end\n" {
						t.Fatalf("%s: %v: %s", script, err, out)
					}
				}
			}
			var kept []string
			for _, address := range []string{"01:00.0", "01:00.1", "02:00.0", "02:00.1", "03:00.0", "07:00.0"} {
				text, err := os.ReadFile(filepath.Join(other, devices, "0000:"+address, "driver_override"))
				if err == nil && strings.TrimSpace(string(text)) == vfio {
					kept = append(kept, address)
				}
			}
			if got := strings.Join(kept, " "); got != c.kept {
				t.Errorf("kept %s, want %s", got, c.kept)
			}
		})
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", prereqs+"echo more", "script", "prereqs").CombinedOutput()
	if err != nil || len(out) != 0 {
		t.Errorf("%v: %s", err, out)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("schema = 1\n[[slot]]\n[[slot.functions]]\naddress = \"0000:01:00.0\"\npci_ids = \"10de:2684\"\nsubsystem = \"0000:0000\"\nclass = \"0300\"\nbars = [{index = 0, bytes = 4096}]\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse([]byte(text))
		if err != nil {
			if !errors.Is(err, ErrFile) {
				t.Error(err)
			}
			return
		}
		again, err := file.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		second, err := Parse(again)
		if err != nil {
			t.Fatal(err)
		}
		if third, err := second.Marshal(); err != nil || string(third) != string(again) {
			t.Errorf("%v:\n%s\nwant\n%s", err, third, again)
		}
	})
}

// What was measured stays with its card, and with no other: neither at another
// address nor at the same one.
func TestRecord(t *testing.T) {
	t.Parallel()
	root := tree(t, two)
	first := selected(t, root)
	at, ids := pci.Address{Bus: 1}, pci.ID{Vendor: 0x10de, Device: 0x2684}
	facts := measure.Facts{UUID: "GPU-0a1b2c3d-4444-5555-6666-777788889999", VRAMMiB: 24564, MIG: measure.Without}
	first.Record([]measure.Card{
		{Address: at, ID: ids, Facts: facts}, {Address: pci.Address{Bus: 2}, ID: pci.ID{Vendor: 0x10de, Device: 0x2204}, Facts: facts},
	}, File{})
	said := func(f File, slot int) *measure.Facts { return f.Slots[slot].Functions[0].Measured }
	if got := said(first, 0); got == nil || *got != facts || said(first, 1) != nil || first.Slots[0].Functions[1].Measured != nil {
		t.Errorf("%+v, %+v", got, said(first, 1))
	}
	text, err := first.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	stored, err := Parse(text)
	if err != nil || *said(stored, 0) != facts {
		t.Fatalf("%v in %s", err, text)
	}
	later := selected(t, root)
	if later.Record(nil, stored); said(later, 0) == nil || *said(later, 0) != facts || said(later, 1) != nil {
		t.Errorf("%+v", said(later, 0))
	}
	other := selected(t, tree(t, strings.Replace(two, "01:00.0 0300 10de:2684/1043:889a", "01:00.0 0300 10de:2684/1462:5103", 1)))
	if other.Record(nil, stored); said(other, 0) != nil {
		t.Errorf("another card has %+v", said(other, 0))
	}
	moved := selected(t, tree(t, strings.ReplaceAll(two, "  01:00.", "  07:00.")))
	moved.Record([]measure.Card{{Address: at, ID: ids, Facts: facts}}, stored)
	for i := range moved.Slots {
		if said(moved, i) != nil {
			t.Errorf("a moved card has %+v", said(moved, i))
		}
	}
	bad := strings.Replace(string(text), "mig = 'without'", "mig = 'perhaps'", 1)
	if _, err := Parse([]byte(bad)); bad == string(text) || !errors.Is(err, ErrFile) {
		t.Errorf("%v of\n%s", err, bad)
	}
}
