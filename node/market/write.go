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

// What is written of one machine, in this order.
const (
	upsertMachine = `INSERT OR REPLACE INTO machines (id, state, country, city, gpu_type, cpu_model, gpu_count, slots, free_slots,
 vram_mib, cpu_cores, cpu_mhz, memory_mib, system_disk_gib, data_disk_gib, upload_mbps, download_mbps, price_per_day, stake)
 VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`
	upsertListing = "INSERT OR REPLACE INTO listings (machine, owner, operator, round, listing) VALUES (?,?,?,?,?)"
	sameListing   = "UPDATE listings SET round = ? WHERE machine = ? AND listing = ?"
	deleteTypes   = "DELETE FROM gpus WHERE machine = ?"
	insertType    = "INSERT INTO gpus (gpu_type, machine) VALUES (?, ?)"
)

// pen has the statements of one transaction.
type pen struct{ same, machine, listing, forget, gpu *sql.Stmt }

func newPen(ctx context.Context, tx *sql.Tx) (pen, error) {
	var p pen
	for text, into := range map[string]**sql.Stmt{
		sameListing: &p.same, upsertMachine: &p.machine, upsertListing: &p.listing, deleteTypes: &p.forget, insertType: &p.gpu,
	} {
		statement, err := tx.PrepareContext(ctx, text) // closed with the transaction
		if err != nil {
			return pen{}, fmt.Errorf("write machines: %w", err)
		}
		*into = statement
	}
	return p, nil
}

// put writes listings; round tells those of one filling from older ones.
func put(ctx context.Context, tx *sql.Tx, round int64, listings []machine.Listing) error {
	p, err := newPen(ctx, tx)
	if err != nil {
		return err
	}
	for _, l := range listings {
		if err := p.put(ctx, round, l); err != nil {
			return fmt.Errorf("write machine %s: %w", l.Machine.Id, err)
		}
	}
	return nil
}

func (p pen) put(ctx context.Context, round int64, l machine.Listing) error {
	blob, err := l.Marshal()
	if err != nil {
		return err
	}
	m, f := l.Machine, l.Machine.Facts
	// A filling finds most of what it reads as it was.
	if is, err := p.same.ExecContext(ctx, round, m.Id, blob); err != nil {
		return err
	} else if n, err := is.RowsAffected(); err != nil || n == 1 {
		return err
	}
	gpus, vram := sums(f.Slots)
	if _, err := p.machine.ExecContext(ctx, m.Id, m.State.Word(), f.Country, f.City, gpuColumn(f), f.CpuModel,
		gpus, len(f.Slots), len(l.FreeSlots), clamp(vram), f.CpuCores, f.CpuMhz, clamp(f.MemoryMib),
		clamp(f.SystemDiskGib), clamp(f.DataDiskGib), f.UploadMbps, f.DownloadMbps, clamp(m.PricePerDay),
		clamp(m.Stake)); err != nil {
		return err
	}
	if _, err := p.listing.ExecContext(ctx, m.Id, m.Owner, m.Operator, round, blob); err != nil {
		return err
	}
	if _, err := p.forget.ExecContext(ctx, m.Id); err != nil {
		return err
	}
	for _, name := range f.GPUTypes() {
		if _, err := p.gpu.ExecContext(ctx, name, m.Id); err != nil {
			return err
		}
	}
	return nil
}

// gpuColumn is the machine's type of GPU, "" for none.
func gpuColumn(f machine.Facts) string {
	switch names := f.GPUTypes(); len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return mixed
	}
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
