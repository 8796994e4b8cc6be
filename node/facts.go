package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node/listing"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/x/machine"
)

// Facts are what a machine with this configuration is bonded with: this
// computer's, after the host's reserve.
func Facts(ctx context.Context, cfg Config, machineID string) (machine.Facts, error) {
	inv, err := inventory(ctx, cfg)
	if err != nil {
		return machine.Facts{}, err
	}
	features, err := features()
	if err != nil {
		return machine.Facts{}, err
	}
	return listing.Facts(inv, listing.Config{
		MachineID: machineID, HostCPUs: cfg.HostCPUs, HostMemoryMiB: cfg.HostMemoryMiB,
		SystemPath: "/", DataPath: cfg.DataDir, TestSlots: cfg.TestSlots,
		PublicIP: cfg.PublicIP, PortFirst: cfg.PortFirst, PortLast: cfg.PortLast,
		Multiaddrs: p2p.Multiaddrs(cfg.published()), Features: features,
	})
}

// features returns what VMs of this computer may have, ascending.
func features() ([]machine.Feature, error) {
	uefi, err := offersUEFI(firmwareDirs)
	if err != nil || !uefi {
		return nil, err
	}
	return []machine.Feature{machine.FEATURE_UEFI}, nil
}

func inventory(ctx context.Context, cfg Config) (hw.Inventory, error) {
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

// existing is the nearest folder on the way to path that is there: a machine is
// bonded before its node first runs.
func existing(path string) (string, error) {
	for {
		_, err := os.Stat(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return path, err
		}
		path = filepath.Dir(path)
	}
}
