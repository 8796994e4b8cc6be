package market

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/dbc-network/dbc/x/machine"
)

// mixed is the GPU type of a machine that has several; the table gpus has each
// of them.
const mixed = "\x00"

// written are a machine's columns after its id, in the order of pen.put.
var written = []string{
	"state", "country", "city", "gpu_type", "cpu_model", "gpu_count", "slots", "free_slots", "vram_mib", "cpu_cores", "cpu_mhz",
	"memory_mib", "system_disk_gib", "data_disk_gib", "upload_mbps", "download_mbps", "price_per_day", "gpu_price_per_day",
	"machine_price_per_day", exitNotice, "stake",
	"kind", "keep_disk_policy", "delivery", "features",
}

// What is written for one machine.
var (
	upsertMachine = "INSERT INTO machines (id, " + strings.Join(written, ", ") + ") VALUES (?," + marks(len(written)) + ")" +
		" ON CONFLICT (id) DO UPDATE SET (" + strings.Join(written, ", ") + ") = (excluded." + strings.Join(written, ", excluded.") + ")"
	upsertListing = "INSERT OR REPLACE INTO listings (machine, owner, operator, round, listing) VALUES (?,?,?,?,?)"
	sameListing   = "UPDATE listings SET round = ? WHERE machine = ? AND listing = ?"
	deleteTypes   = "DELETE FROM gpus WHERE machine = ?"
	insertType    = "INSERT INTO gpus (machine, gpu_type) VALUES (?, ?)"
)

// pen has the prepared statements of one transaction.
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

// put writes listings. round distinguishes those of one filling from older
// ones.
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
	id, err := hex.DecodeString(m.Id)
	if err != nil {
		return fmt.Errorf("decode its id: %w", err)
	}
	// A filling finds most of what it reads unchanged.
	if is, err := p.same.ExecContext(ctx, round, id, blob); err != nil {
		return err
	} else if n, err := is.RowsAffected(); err != nil || n == 1 {
		return err
	}
	gpus, vram := sums(f.Slots)
	if _, err := p.machine.ExecContext(ctx, id, m.State.Word(), f.Country, f.City, gpuColumn(f), f.CpuModel,
		gpus, len(f.Slots), len(l.FreeSlots), clamp(vram), f.CpuCores, f.CpuMhz, clamp(f.MemoryMib),
		clamp(f.SystemDiskGib), clamp(f.DataDiskGib), f.UploadMbps, f.DownloadMbps, clamp(m.PricePerDay),
		clamp(gpuPrice(m)), clamp(machinePrice(m)), noticeColumn(m), clamp(m.Stake), kindColumn(f), f.KeepDiskPolicy, f.Delivery, featureColumn(f.Features)); err != nil {
		return err
	}
	if _, err := p.listing.ExecContext(ctx, id, m.Owner, m.Operator, round, blob); err != nil {
		return err
	}
	if _, err := p.forget.ExecContext(ctx, id); err != nil {
		return err
	}
	types := f.GPUTypes()
	if len(types) < 2 {
		return nil
	}
	for _, name := range types {
		if _, err := p.gpu.ExecContext(ctx, id, name); err != nil {
			return err
		}
	}
	return nil
}

// gpuColumn returns the machine's GPU type, or "" for none.
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

// exitNotice is the column of the exit notice in seconds, and noExit is in it where
// confirmed rent is not refunded: such a machine comes after all that can be left,
// and no upper bound finds it.
const (
	exitNotice = "exit_notice_seconds"
	noExit     = math.MaxInt64
)

func noticeColumn(m machine.Machine) int64 {
	if m.ExitNoticeSeconds == 0 {
		return noExit
	}
	return clamp(m.ExitNoticeSeconds)
}

// kindColumn returns the kind of all slots of a machine.
func kindColumn(f machine.Facts) machine.SlotKind {
	if len(f.Slots) == 0 {
		return machine.SLOT_KIND_UNSPECIFIED
	}
	return f.Slots[0].Kind
}

// sums returns the number of GPUs, and the memory of the smallest one in MiB.
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

// machinePrice returns the price of all slots per day, in udbc.
func machinePrice(m machine.Machine) uint64 {
	over, sum := bits.Mul64(m.PricePerDay, uint64(len(m.Facts.Slots)))
	if over != 0 {
		return math.MaxUint64
	}
	return sum
}

// gpuPrice returns the price of one GPU per day in udbc, rounded up. Without
// GPUs it is the machine's price.
func gpuPrice(m machine.Machine) uint64 {
	gpus, _ := sums(m.Facts.Slots)
	sum := machinePrice(m)
	if gpus == 0 {
		return sum
	}
	price := sum / uint64(gpus)
	if sum%uint64(gpus) != 0 {
		price++
	}
	return price
}

// clamp is for order and comparison only: the listing keeps the exact number.
func clamp(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
