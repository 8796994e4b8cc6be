package market

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/dbc-network/dbc/x/machine"
)

// mixed stands for the GPU type of a machine that has several: gpus has each.
const mixed = "\x00"

const (
	upsertMachine = `INSERT OR REPLACE INTO machines (id, state, country, city, gpu_type, gpu_count, slots, free_slots,
 vram_mib, cpu_cores, cpu_mhz, memory_mib, system_disk_gib, data_disk_gib, upload_mbps, download_mbps, price_per_day, stake)
 VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	upsertListing = "INSERT OR REPLACE INTO listings (machine, owner, operator, round, listing) VALUES (?,?,?,?,?)"
)

// put writes listings; round tells those of one filling from older ones.
func put(ctx context.Context, tx *sql.Tx, round int64, listings []machine.Listing) error {
	insert, err := tx.PrepareContext(ctx, upsertMachine)
	if err != nil {
		return fmt.Errorf("write machines: %w", err)
	}
	defer func() { _ = insert.Close() }()
	for _, l := range listings {
		if err := putOne(ctx, tx, insert, round, l); err != nil {
			return fmt.Errorf("write machine %s: %w", l.Machine.Id, err)
		}
	}
	return nil
}

func putOne(ctx context.Context, tx *sql.Tx, insert *sql.Stmt, round int64, l machine.Listing) error {
	blob, err := l.Marshal()
	if err != nil {
		return err
	}
	m, f := l.Machine, l.Machine.Facts
	gpuTypes := f.GPUTypes()
	gpuType := ""
	switch len(gpuTypes) {
	case 0:
	case 1:
		gpuType = gpuTypes[0]
	default:
		gpuType = mixed
	}
	gpus, vram := sums(f.Slots)
	if _, err := insert.ExecContext(ctx, m.Id, m.State.Word(), f.Country, f.City, gpuType,
		gpus, len(f.Slots), len(l.FreeSlots), clamp(vram), f.CpuCores, f.CpuMhz, clamp(f.MemoryMib),
		clamp(f.SystemDiskGib), clamp(f.DataDiskGib), f.UploadMbps, f.DownloadMbps, clamp(m.PricePerDay),
		clamp(m.Stake)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, upsertListing, m.Id, m.Owner, m.Operator, round, blob); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM gpus WHERE machine = ?", m.Id); err != nil {
		return err
	}
	for _, name := range gpuTypes {
		if _, err := tx.ExecContext(ctx, "INSERT INTO gpus (gpu_type, machine) VALUES (?, ?)", name, m.Id); err != nil {
			return err
		}
	}
	return nil
}

// sums are the number of GPUs, and the memory of the smallest in MiB.
func sums(slots []machine.Slot) (gpus int64, vram uint64) {
	for _, slot := range slots {
		if slot.GpuCount == 0 {
			continue
		}
		if gpus == 0 || slot.VramMib < vram {
			vram = slot.VramMib
		}
		gpus += int64(slot.GpuCount)
	}
	return gpus, vram
}

// clamp is for order and comparison only: the listing keeps the number itself.
func clamp(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
