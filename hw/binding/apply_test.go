package binding

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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

// A crash between any two writes leaves a state that the next call completes.
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
// is still bound.
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

// An override that the initramfs set by ids is removed from another card, so
// that its own driver can take it.
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

// The card's serial number counts if both have one.
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
