// Package listing makes the facts that a machine is bonded with: what its
// computer has, minus what the host keeps for itself, divided into slots.
package listing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/x/machine"
)

// Config is what the operator decided.
type Config struct {
	MachineID string
	// HostCPUs and HostMemoryMiB stay with the host.
	HostCPUs      int
	HostMemoryMiB uint64
	// SystemPath and DataPath name the inventory's disks that are listed as
	// system and data disk.
	SystemPath, DataPath string
	// Cards are the slots with GPUs, none for a machine without.
	Cards []Card
	// TestSlots is the number of simulated slots, 0 for none.
	TestSlots           int
	PublicIP            netip.Addr
	PortFirst, PortLast uint16
	Multiaddrs          []string
	// Features are the computer's, ascending.
	Features []machine.Feature
}

// Facts returns what renters get of inv. It depends only on cfg and on what the
// computer has, not on its load or on how full its disks are, so that the same
// computer is listed the same way again.
func Facts(inv hw.Inventory, cfg Config) (machine.Facts, error) {
	if inv.Cores <= cfg.HostCPUs {
		return machine.Facts{}, fmt.Errorf("host_cpus=%d leaves none of %d CPUs for renters; lower it: %w",
			cfg.HostCPUs, inv.Cores, ErrReserve)
	}
	if inv.MemoryMiB <= cfg.HostMemoryMiB {
		return machine.Facts{}, fmt.Errorf("host_memory_mib=%d leaves nothing of %d MiB for renters; lower it: %w",
			cfg.HostMemoryMiB, inv.MemoryMiB, ErrReserve)
	}
	cores := inv.Cores - cfg.HostCPUs
	if cfg.TestSlots > cores {
		return machine.Facts{}, fmt.Errorf("test_slots=%d is more than the %d CPUs left for renters; each slot needs one: %w",
			cfg.TestSlots, cores, ErrReserve)
	}
	facts := machine.Facts{
		Slots:          slots(cfg),
		CpuModel:       inv.CPUModel,
		CpuCores:       uint32(cores),
		CpuMhz:         uint32(inv.RatedMHz),
		MemoryMib:      inv.MemoryMiB - cfg.HostMemoryMiB,
		PublicIp:       cfg.PublicIP.String(),
		PortFirst:      uint32(cfg.PortFirst),
		PortLast:       uint32(cfg.PortLast),
		Multiaddrs:     cfg.Multiaddrs,
		KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM,
		Features:       cfg.Features,
		Delivery:       machine.DELIVERY_VM,
	}
	for _, disk := range inv.Disks {
		if disk.Path == cfg.SystemPath {
			facts.SystemDiskGib = disk.TotalGiB
		}
		if disk.Path == cfg.DataPath {
			facts.DataDiskGib = disk.TotalGiB
		}
	}
	return facts, nil
}

// slots returns the cards' slots, else simulated ones, else the one slot without
// a GPU that the chain requires.
func slots(cfg Config) []machine.Slot {
	if len(cfg.Cards) > 0 {
		list := make([]machine.Slot, len(cfg.Cards))
		for i, c := range cfg.Cards {
			list[i] = c.Slot
		}
		return list
	}
	if cfg.TestSlots == 0 {
		return []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}
	}
	made := make([]machine.Slot, cfg.TestSlots)
	for i := range made {
		// GPU ids are unique on a chain, so they are derived from the machine's id.
		sum := sha256.Sum256(fmt.Appendf(nil, "dbc-test-gpu\n%s\n%d", cfg.MachineID, i))
		made[i] = machine.Slot{
			Kind:     machine.SLOT_KIND_TEST,
			GpuType:  "Test GPU",
			GpuIds:   []string{"TEST-" + hex.EncodeToString(sum[:8])},
			GpuCount: 1,
			VramMib:  1024,
		}
	}
	return made
}
