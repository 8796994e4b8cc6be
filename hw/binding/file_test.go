package binding

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// A file with something that is no slot binds nothing: neither a disk nor half a card.
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
	asSlot, err := File{Next: 1, Slots: []Slot{{0, []Function{disk}}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	half := f
	half.Slots = []Slot{{0, f.Slots[0].Functions[:1]}}
	halfText, err := half.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	joined, err := File{Next: 1, Slots: []Slot{{0, slices.Concat(f.Slots[0].Functions, f.Slots[1].Functions)}}}.Marshal()
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

// A slot keeps its number as long as its card is in the file, even at another address if
// something identifies it, and no other slot is given that number afterwards.
func TestNumbers(t *testing.T) {
	t.Parallel()
	numbers := func(f File) string {
		text := ""
		for _, s := range f.Slots {
			text += fmt.Sprintf("%02x=%d ", s.Functions[0].Address.Bus, s.Number)
		}
		return text + fmt.Sprintf("next=%d", f.Next)
	}
	root := tree(t, two)
	at := func(bus uint8, uuid string) measure.Card {
		return measure.Card{Address: pci.Address{Bus: bus}, Facts: measure.Facts{UUID: "GPU-0a1b2c3d-4444-5555-6666-77778888" + uuid}}
	}
	first := selected(t, root)
	first.Record([]measure.Card{at(1, "0001"), at(2, "0002")}, File{})
	second := selected(t, root, 1)
	second.Record(nil, first)
	back := selected(t, root)
	back.Record(nil, second)
	moved := selected(t, tree(t, strings.NewReplacer("  01:", "  0a:", "00:04.1", "00:05.1").Replace(two)))
	moved.Record([]measure.Card{at(10, "0001"), at(2, "0002")}, first)
	swapped := selected(t, root)
	swapped.Record([]measure.Card{at(1, "0002"), at(2, "0003")}, first)
	unknown := selected(t, tree(t, strings.NewReplacer("  01:", "  0a:").Replace(two)))
	unknown.Record(nil, first)
	for name, c := range map[string]struct {
		f    File
		want string
	}{
		"at first":                   {first, "01=0 02=1 next=2"},
		"one was taken out":          {second, "02=1 next=2"},
		"and comes back":             {back, "01=2 02=1 next=3"},
		"moved":                      {moved, "02=1 0a=0 next=2"},
		"moved, with nothing to say": {unknown, "02=1 0a=2 next=3"},
		"another in its place":       {swapped, "01=1 02=2 next=3"},
	} {
		if got := numbers(c.f); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		text, err := c.f.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(text); err != nil || numbers(again) != c.want {
			t.Errorf("%s: %v, %v of\n%s", name, numbers(again), err, text)
		}
	}
	for _, change := range []func(*File){
		func(f *File) { f.Next = 1 },
		func(f *File) { f.Slots[1].Number = 0 },
		func(f *File) { f.Slots[0].Number = -1 },
		func(f *File) { f.Next = maxNumber + 1 },
	} {
		f := selected(t, root)
		change(&f)
		if _, err := f.Marshal(); !errors.Is(err, ErrFile) {
			t.Errorf("%v for %s", err, numbers(f))
		}
	}
}
