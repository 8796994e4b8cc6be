package listing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

// four are two cards of one type, one of another and one of AMD's.
const four = `
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684 group=2 reset=flr bars=16M,32Gp,32Mp
00:01.2 0604 1022:1483 group=3
  02:00.0 0300 10de:2684 group=4 reset=flr bars=16M,32Gp,32Mp
00:01.3 0604 1022:1483 group=5
  03:00.0 0300 10de:2204 group=6 reset=flr bars=16M,32Gp,32Mp
00:01.4 0604 1022:1483 group=7
  04:00.0 0380 1002:740f group=8 reset=flr bars=64Gp
`

// kept builds a computer and the record of its cards, all measured.
func kept(t *testing.T, change func(*binding.File)) (gpu.Inventory, binding.File) {
	t.Helper()
	root := hwtest.Build(t, four)
	inv, err := gpu.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := binding.Select(root, []int{0, 1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Slots {
		facts := measure.Facts{UUID: fmt.Sprintf("GPU-00000000-0000-0000-0000-00000000000%d", i), VRAMMiB: 24564, MIG: measure.Without, ECC: measure.On}
		if i == 3 {
			facts = measure.Facts{VRAMMiB: 65520}
		}
		f.Slots[i].Functions[0].Measured = &facts
	}
	change(&f)
	return inv, f
}

func TestCards(t *testing.T) {
	t.Parallel()
	const first, second = "0 NVIDIA GeForce RTX 4090 1 24564 0000:01:00.0 GPU-00000000-0000-0000-0000-000000000000", "1 NVIDIA GeForce RTX 4090 1 24564 0000:02:00.0 GPU-00000000-0000-0000-0000-000000000001"
	const rest = "2 UNLIKE map[gpus:1 type:NVIDIA GeForce RTX 3090 vram_mib:24564]\n3 UNLIKE map[gpus:1 type:AMD Instinct MI210 vram_mib:65520]"
	fn := func(f *binding.File, slot int) *binding.Function { return &f.Slots[slot].Functions[0] }
	for name, c := range map[string]struct {
		change func(*binding.File)
		want   string
	}{
		"the largest alike set": {func(*binding.File) {}, first + "\n" + second + "\n" + rest},
		"memory unmeasured":     {func(f *binding.File) { fn(f, 0).Measured.VRAMMiB = 0 }, second + "\n0 UNMEASURED map[address:0000:01:00.0 what:vram]\n" + rest},
		"never measured":        {func(f *binding.File) { fn(f, 0).Measured = nil }, second + "\n0 UNMEASURED map[address:0000:01:00.0 what:vram]\n" + rest},
		"no UUID":               {func(f *binding.File) { fn(f, 1).Measured.UUID = "" }, first + "\n1 UNMEASURED map[address:0000:02:00.0 what:uuid]\n" + rest},
		"MIG is on":             {func(f *binding.File) { fn(f, 1).Measured.MIG = measure.On }, first + "\n1 MODE_ON map[address:0000:02:00.0 mode:mig]\n" + rest},
		"less memory":           {func(f *binding.File) { fn(f, 1).Measured.VRAMMiB = 24000 }, first + "\n1 UNLIKE map[gpus:1 type:NVIDIA GeForce RTX 4090 vram_mib:24000]\n" + rest},
		"another card":          {func(f *binding.File) { fn(f, 1).Subsystem.Vendor = 0x1462 }, first + "\n1 UNSEEN map[]\n" + rest},
		"no GPU by its class":   {func(f *binding.File) { fn(f, 1).Class = "0403" }, first + "\n1 UNSEEN map[]\n" + rest},
		"moved":                 {func(f *binding.File) { fn(f, 1).Address.Bus = 9 }, first + "\n1 UNSEEN map[]\n" + rest},
		"AMD alone":             {func(f *binding.File) { f.Slots = f.Slots[3:] }, "3 AMD Instinct MI210 1 65520 0000:04:00.0 pci-b1c5"},
		"AMD with a number":     {func(f *binding.File) { f.Slots = f.Slots[3:]; fn(f, 0).Measured.Serial = "ab12" }, "3 AMD Instinct MI210 1 65520 0000:04:00.0 1002-ab12"},
		"nothing":               {func(f *binding.File) { f.Slots = f.Slots[:1]; fn(f, 0).Measured = nil }, "0 UNMEASURED map[address:0000:01:00.0 what:vram]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv, f := kept(t, c.change)
			cards, out := listing.Cards(inv, f, "machine")
			var said []string
			for _, c := range cards {
				id := strings.Join(c.Slot.GpuIds, ",")
				if strings.HasPrefix(id, "pci-") {
					if len(id) != len("pci-")+32 {
						t.Errorf("%s", id)
					}
					id = "pci-b1c5"
				}
				said = append(said, fmt.Sprint(c.Number, " ", c.Slot.GpuType, " ", c.Slot.GpuCount, " ", c.Slot.VramMib, " ", c.Seen.GPUs[0], " ", id))
				if c.Record.Functions[0].Address != c.Seen.GPUs[0] {
					t.Errorf("%v is seen at %v", c.Record, c.Seen.GPUs)
				}
			}
			for _, o := range out {
				said = append(said, fmt.Sprint(o.Slot, " ", o.Code, " ", o.Params))
			}
			if got := strings.Join(said, "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	inv, f := kept(t, func(f *binding.File) { f.Slots = f.Slots[3:] })
	if cards, _ := listing.Cards(inv, f, ""); cards[0].Slot.GpuIds[0] != "" {
		t.Errorf("%v without a machine", cards)
	}
}

// A slot of the chain is the slot of the file with the same GPUs, wherever it
// is in the file and whatever else is listed; none where the file has other
// cards.
func TestNumbers(t *testing.T) {
	t.Parallel()
	inv, f := kept(t, func(f *binding.File) { f.Slots[3].Functions[0].Measured.UUID = "" })
	cards, _ := listing.Cards(inv, f, "machine")
	listed := []machine.Slot{cards[1].Slot, cards[0].Slot}
	amd, _ := listing.Cards(inv, binding.File{Slots: f.Slots[3:]}, "machine")
	listed = append(listed, amd[0].Slot)
	for name, c := range map[string]struct {
		change func(f *binding.File)
		want   []int
	}{
		"as it was":         {func(*binding.File) {}, []int{1, 0, 3}},
		"turned":            {func(f *binding.File) { slices.Reverse(f.Slots) }, []int{1, 0, 3}},
		"one is left out":   {func(f *binding.File) { f.Slots = slices.Delete(f.Slots, 0, 1) }, []int{1, -1, 3}},
		"new numbers":       {func(f *binding.File) { f.Slots[0].Number, f.Slots[3].Number = 7, 8 }, []int{1, 7, -1}},
		"another card":      {func(f *binding.File) { f.Slots[1].Functions[0].Measured = &measure.Facts{UUID: "GPU-other"} }, []int{-1, 0, 3}},
		"measured no more":  {func(f *binding.File) { f.Slots[1].Functions[0].Measured = nil }, []int{-1, 0, 3}},
		"the same id twice": {func(f *binding.File) { f.Slots[2].Functions[0].Measured = f.Slots[0].Functions[0].Measured }, []int{1, -1, 3}},
		"an empty file":     {func(f *binding.File) { f.Slots = nil }, []int{-1, -1, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, f := kept(t, func(f *binding.File) { f.Slots[3].Functions[0].Measured.UUID = "" })
			c.change(&f)
			if got := listing.Numbers(listed, f, "machine"); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	if got := listing.Numbers([]machine.Slot{{Kind: machine.SLOT_KIND_TEST, GpuIds: cards[0].Slot.GpuIds}, {Kind: machine.SLOT_KIND_NONE}}, f, "machine"); !slices.Equal(got, []int{-1, -1}) {
		t.Errorf("%v of slots without a card", got)
	}
	if got := listing.Numbers(listed[2:], f, "another machine"); !slices.Equal(got, []int{-1}) {
		t.Errorf("%v of another machine's id", got)
	}
}

// The served inventory says what was measured and what was not, and does not
// depend on what the cards are doing.
func TestInventory(t *testing.T) {
	t.Parallel()
	inv, f := kept(t, func(*binding.File) {})
	computer := hw.Inventory{CPUModel: "CPU", Sockets: 2, MHz: 800}
	cards, _ := listing.Cards(inv, f, "machine")
	text, err := listing.InventoryOf("machine", computer, inv, cards).JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"schema":1,"machine_id":"machine"`, `"index":1,"numa":-1`, `"needs_window_mib":65536`, `"id":"GPU-00000000-0000-0000-0000-000000000001"`,
		`"vram_mib":24564`, `"not_measured":["vbios","power_limit","cc"]`, `"functions":[{"address":"0000:02:00.0","pci_ids":"10de:2684","class":"0300"}]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	for i := range inv.GPUs {
		inv.GPUs[i].Link.SpeedMTs, inv.GPUs[i].Link.Width, inv.GPUs[i].Driver, inv.GPUs[i].GroupNumber = 2500, 1, "nvidia", 99
	}
	computer.MHz, computer.FreeMiB = 3600, 17
	again, err := listing.InventoryOf("machine", computer, inv, cards).JSON()
	if err != nil || string(again) != string(text) {
		t.Errorf("%v: %s, was %s", err, again, text)
	}
	none, err := listing.InventoryOf("machine", computer, inv, nil).JSON()
	if err != nil || !strings.Contains(string(none), `"slots":[]`) {
		t.Errorf("%v: %s", err, none)
	}
}

// A file in which a card's audio function is a GPU does not make it one, nor end the node.
func TestSoundIsNoGPU(t *testing.T) {
	t.Parallel()
	root := hwtest.Build(t, "00:01.1 0604 1022:1483 group=1\n  01:00.0 0300 10de:2684 group=2 reset=flr bars=16M,32Gp\n  01:00.1 0403 10de:22ba group=2 bars=16K\n")
	inv, err := gpu.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := binding.Select(root, []int{0})
	if err != nil {
		t.Fatal(err)
	}
	f.Slots[0].Functions[0].Measured = &measure.Facts{UUID: "GPU-00000000-0000-0000-0000-000000000001", VRAMMiB: 24564}
	f.Slots[0].Functions[1].Class = "0300"
	cards, out := listing.Cards(inv, f, "aa")
	if len(cards) != 0 || len(out) != 1 || out[0].Code != listing.CodeUnseen {
		t.Errorf("%+v, %+v", cards, out)
	}
	listing.InventoryOf("aa", hw.Inventory{}, inv, cards)
}
