package compute

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/node/compute/listing"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/x/machine"
)

// Offer is what a computer can be listed with.
type Offer struct {
	// Facts are what renters get.
	Facts machine.Facts
	// Inventory is the JSON that the node serves, whose hash is in Facts.
	Inventory []byte
	// Cards are the listed slots with GPUs, Out those of the host's file that are
	// not listed, with the reason.
	Cards []listing.Card
	Out   []listing.Out
	// Unbound counts GPUs that could be passed to VMs and are not kept for them.
	Unbound int
	// WindowMiB is the memory window that a VM with all cards and all memory needs,
	// 0 where the firmware's own suffices; Fits is false if there is no room.
	WindowMiB uint64
	Fits      bool
}

// Facts returns what a machine with this configuration is bonded with: this
// computer's facts, minus the host's reserve.
func Facts(ctx context.Context, cfg conf.Compute, machineID string) (machine.Facts, error) {
	offer, err := ReadOffer(ctx, cfg, machineID)
	return offer.Facts, err
}

// ReadOffer reads what this computer can be listed with. Cards that cannot be
// listed are not an error: whoever bonds decides.
func ReadOffer(ctx context.Context, cfg conf.Compute, machineID string) (Offer, error) {
	inv, err := inventory(ctx, cfg)
	if err != nil {
		return Offer{}, err
	}
	features, err := features()
	if err != nil {
		return Offer{}, err
	}
	seen, kept, err := readCards(cfg)
	if err != nil {
		return Offer{}, err
	}
	var offer Offer
	if cfg.TestSlots == 0 {
		offer.Cards, offer.Out = listing.Cards(seen, kept, machineID)
		offer.Unbound = unbound(seen, kept)
	}
	offer.Facts, err = listing.Facts(inv, listing.Config{
		MachineID: machineID, HostCPUs: cfg.HostCPUs, HostMemoryMiB: cfg.HostMemoryMiB,
		SystemPath: "/", DataPath: cfg.DataDir, TestSlots: cfg.TestSlots, Cards: offer.Cards,
		PublicIP: cfg.PublicIP, PortFirst: cfg.PortFirst, PortLast: cfg.PortLast,
		Multiaddrs: p2p.Multiaddrs(published(cfg)), Features: features,
	})
	if err != nil {
		return Offer{}, err
	}
	list := listing.InventoryOf(machineID, inv, seen, offer.Cards)
	if list.HelperKey, err = helperKey(cfg); err != nil {
		return Offer{}, err
	}
	if offer.Inventory, err = list.JSON(); err != nil {
		return Offer{}, fmt.Errorf("write the inventory: %w", err)
	}
	hash := sha256.Sum256(offer.Inventory)
	offer.Facts.InventoryHash = hash[:]
	var slots []gpu.Slot
	for _, c := range offer.Cards {
		slots = append(slots, c.Seen)
	}
	offer.WindowMiB, offer.Fits = seen.Host.Window(slots, offer.Facts.MemoryMib)
	return offer, nil
}

// helperKey returns the public half of the helper's key, in hex, if there is one.
func helperKey(cfg conf.Compute) (string, error) {
	if cfg.HelperSocket == "" {
		return "", nil
	}
	key, err := guests.PublicKey(cfg.DataDir)
	return hex.EncodeToString(key), err
}

// readCards reads the computer's GPUs and which of them are kept for VMs.
func readCards(c conf.Compute) (gpu.Inventory, binding.File, error) {
	seen, err := gpu.Read(root(c))
	if err != nil {
		return gpu.Inventory{}, binding.File{}, err
	}
	kept, err := kept(c)
	return seen, kept, err
}

// kept reads which cards are kept for VMs: none if there is no file.
func kept(c conf.Compute) (binding.File, error) {
	root, err := os.OpenRoot(root(c))
	if err != nil {
		return binding.File{}, err
	}
	defer func() { _ = root.Close() }()
	kept, err := binding.Load(root)
	if errors.Is(err, fs.ErrNotExist) {
		return binding.File{}, nil
	}
	return kept, err
}

// root returns what stands for / before etc, sys and proc when reading cards.
func root(c conf.Compute) string { return cmp.Or(c.CardRoot, "/") }

// unbound counts GPUs that have a slot which is not kept for VMs.
func unbound(seen gpu.Inventory, kept binding.File) int {
	bound := map[string]bool{}
	for _, s := range kept.Slots {
		for _, fn := range s.Functions {
			bound[fn.Address.String()] = true
		}
	}
	count := 0
	for _, s := range seen.Slots {
		for _, at := range s.GPUs {
			if !bound[at.String()] {
				count++
			}
		}
	}
	return count
}

// features returns what VMs of this computer may have, ascending.
func features() ([]machine.Feature, error) {
	firmware, err := offeredFirmware(firmwareDirs)
	if err != nil || !slices.ContainsFunc(firmware, vm.Firmware.IsUEFI) {
		return nil, err
	}
	return []machine.Feature{machine.FEATURE_UEFI}, nil
}

func inventory(ctx context.Context, cfg conf.Compute) (hw.Inventory, error) {
	data, err := existing(cfg.DataDir)
	if err != nil {
		return hw.Inventory{}, err
	}
	inv, err := hw.Read(ctx, hw.Config{Paths: []string{"/", data}})
	if err != nil {
		return hw.Inventory{}, fmt.Errorf("read the inventory: %w", err)
	}
	inv.Disks[1].Path = cfg.DataDir
	return inv, nil
}

// existing returns the nearest existing folder above path: a machine is bonded
// before its node first runs.
func existing(path string) (string, error) {
	for {
		_, err := os.Stat(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
		path = filepath.Dir(path)
	}
}

// numbers finds listed slots in the file of cards, as it is now.
func (p *parts) numbers(listed []machine.Slot) ([]int, error) {
	kept, err := kept(p.cfg)
	return listing.Numbers(listed, kept, p.key.MachineID()), err
}
