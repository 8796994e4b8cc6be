package listing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/node/listing"
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

// kept builds a computer and the record of its cards, each measured.
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
	const first, second = "NVIDIA GeForce RTX 4090 1 24564 0000:01:00.0 GPU-00000000-0000-0000-0000-000000000000", "NVIDIA GeForce RTX 4090 1 24564 0000:02:00.0 GPU-00000000-0000-0000-0000-000000000001"
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
		"moved":                 {func(f *binding.File) { fn(f, 1).Address.Bus = 9 }, first + "\n1 UNSEEN map[]\n" + rest},
		"AMD alone":             {func(f *binding.File) { f.Slots = f.Slots[3:] }, "AMD Instinct MI210 1 65520 0000:04:00.0 pci-b1c5"},
		"AMD with a number":     {func(f *binding.File) { f.Slots = f.Slots[3:]; fn(f, 0).Measured.Serial = "ab12" }, "AMD Instinct MI210 1 65520 0000:04:00.0 1002-ab12"},
		"nothing":               {func(f *binding.File) { f.Slots = f.Slots[:1]; fn(f, 0).Measured = nil }, "0 UNMEASURED map[address:0000:01:00.0 what:vram]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inv, f := kept(t, c.change)
			slots, seen, out := listing.Cards(inv, f, "machine")
			var said []string
			for i, s := range slots {
				id := strings.Join(s.GpuIds, ",")
				if strings.HasPrefix(id, "pci-") {
					if len(id) != len("pci-")+32 {
						t.Errorf("%s", id)
					}
					id = "pci-b1c5"
				}
				said = append(said, fmt.Sprint(s.GpuType, " ", s.GpuCount, " ", s.VramMib, " ", s.PciAddress, " ", id))
				if seen[i].GPUs[0].String() != s.PciAddress {
					t.Errorf("%v is seen at %v", s, seen[i].GPUs)
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
	if slots, _, _ := listing.Cards(inv, f, ""); slots[0].GpuIds[0] != "" {
		t.Errorf("%v without a machine", slots)
	}
}
