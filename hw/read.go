//go:build linux

package hw

import (
	"context"
	"fmt"
	"path/filepath"
)

// Read returns the current inventory.
func Read(ctx context.Context, cfg Config) (Inventory, error) {
	if err := ctx.Err(); err != nil {
		return Inventory{}, err
	}
	root := cfg.Root
	if root == "" {
		root = "/"
	}
	var inv Inventory
	if err := readCPU(filepath.Join(root, "proc/cpuinfo"), &inv); err != nil {
		return Inventory{}, fmt.Errorf("read the CPUs: %w", err)
	}
	inv.RatedMHz = ratedMHz(root, inv.CPUModel)
	if err := readMemory(filepath.Join(root, "proc/meminfo"), &inv); err != nil {
		return Inventory{}, fmt.Errorf("read the memory: %w", err)
	}
	for _, path := range cfg.Paths {
		disk, err := ReadDisk(path)
		if err != nil {
			return Inventory{}, err
		}
		disk.Type = diskType(root, disk.Device)
		inv.Disks = append(inv.Disks, disk)
	}
	return inv, nil
}
