package listing_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/x/machine"
)

var (
	inventory = hw.Inventory{
		CPUModel: "CPU", Cores: 8, MHz: 1800, RatedMHz: 2400, MemoryMiB: 16000,
		Disks: []hw.Disk{{Path: "/", TotalGiB: 100, FreeGiB: 50}, {Path: "/data", TotalGiB: 1000, FreeGiB: 900}},
	}
	config = listing.Config{
		MachineID: strings.Repeat("ab", 32), HostCPUs: 2, HostMemoryMiB: 4000,
		SystemPath: "/", DataPath: "/data",
		PublicIP: netip.MustParseAddr("203.0.113.7"), PortFirst: 5200, PortLast: 5999,
		Features: []machine.Feature{machine.FEATURE_UEFI},
	}
)

func TestFactsWithoutGPU(t *testing.T) {
	t.Parallel()
	got, err := listing.Facts(inventory, config)
	if err != nil {
		t.Fatal(err)
	}
	want := machine.Facts{
		Slots: []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}, CpuModel: "CPU", CpuCores: 6, CpuMhz: 2400, MemoryMib: 12000,
		SystemDiskGib: 100, DataDiskGib: 1000, PublicIp: "203.0.113.7", PortFirst: 5200, PortLast: 5999,
		KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Features: config.Features, Delivery: machine.DELIVERY_VM,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFactsTestSlots(t *testing.T) {
	t.Parallel()
	cfg := config
	cfg.TestSlots = 3
	got, err := listing.Facts(inventory, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Slots) != 3 {
		t.Fatalf("%d slots", len(got.Slots))
	}
	seen := map[string]bool{}
	for _, slot := range got.Slots {
		if slot.Kind != machine.SLOT_KIND_TEST || slot.GpuCount != 1 || len(slot.GpuIds) != 1 || seen[slot.GpuIds[0]] {
			t.Errorf("%+v", slot)
		}
		seen[slot.GpuIds[0]] = true
	}
	cfg.MachineID = strings.Repeat("cd", 32)
	other, err := listing.Facts(inventory, cfg)
	if err != nil || seen[other.Slots[0].GpuIds[0]] {
		t.Errorf("another machine has the same GPU id: %v", err)
	}
}

// TestFactsOfBusyComputer: neither load nor data on disks changes the facts.
func TestFactsOfBusyComputer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		measure := func(when string) machine.Facts {
			inv := inventory
			inv.MHz = rapid.IntRange(0, 6000).Draw(t, when+" MHz")
			inv.FreeMiB = rapid.Uint64Range(0, inv.MemoryMiB).Draw(t, when+" free MiB")
			inv.Disks = slices.Clone(inv.Disks)
			for i := range inv.Disks {
				inv.Disks[i].FreeGiB = rapid.Uint64Range(0, inv.Disks[i].TotalGiB).Draw(t, when+" free GiB")
			}
			facts, err := listing.Facts(inv, config)
			if err != nil {
				t.Fatal(err)
			}
			return facts
		}
		if diff := cmp.Diff(measure("now"), measure("later")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFactsRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*listing.Config){
		"all CPUs":       func(c *listing.Config) { c.HostCPUs = 8 },
		"all memory":     func(c *listing.Config) { c.HostMemoryMiB = 16000 },
		"too many slots": func(c *listing.Config) { c.TestSlots = 7 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config
			change(&cfg)
			if _, err := listing.Facts(inventory, cfg); !errors.Is(err, listing.ErrReserve) {
				t.Errorf("got %v, want ErrReserve", err)
			}
		})
	}
}
