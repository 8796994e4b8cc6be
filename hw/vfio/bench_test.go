package vfio

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/hwtest"
)

// pair is a card with FLR and one of three functions without.
const pair = `
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684 group=2 driver=vfio-pci reset=flr,bus bars=16M,32Gp,32Mp link=2.5x16/16.0x16
  01:00.1 0403 10de:22ba group=2 driver=vfio-pci bars=16K
00:03.1 0604 1022:1483 group=3
  02:00.0 0300 10de:2204 group=4 driver=vfio-pci reset=bus bars=16M,32Gp,32Mp link=2.5x16/16.0x16
  02:00.1 0403 10de:1aef group=4 driver=vfio-pci bars=16K
  02:00.2 0c03 10de:1ada group=4 driver=vfio-pci bars=16K
@file sys/bus/pci/devices/0000:01:00.0/aer_dev_fatal Undefined 0\nTOTAL_ERR_FATAL 0
@file sys/bus/pci/devices/0000:01:00.0/aer_dev_nonfatal TOTAL_ERR_NONFATAL 2
@file sys/bus/pci/devices/0000:01:00.0/reset 0
@file dev/vfio/2 -
@file dev/vfio/4 -
@file dev/vfio/vfio -
`

// bench is a computer with a keeper of its cards.
type bench struct {
	t      *testing.T
	root   string
	cfg    Config
	keeper *Keeper
	// resets are the steps that were requested; fail is their result.
	mu     sync.Mutex
	resets []Step
	fail   error
	// during runs while a card is reset.
	during func()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, root: hwtest.Build(t, pair)}
	f, _, err := binding.Select(b.root, []int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	b.cfg = Config{
		Root: b.root, Journal: filepath.Join(t.TempDir(), "cards.json"), Slots: f.Slots, Reset: b.reset,
		Now: func() time.Time { return time.Unix(1_800_000_000, 0).UTC() },
		KernelLog: func(context.Context) ([]byte, error) {
			return []byte("[1.0] vfio-pci 0000:01:00.0: not ready 1023ms after FLR\x1b[2J; waiting\n[2.0] usb 1-1: something\n"), nil
		},
	}
	b.open()
	return b
}

func (b *bench) open() {
	b.t.Helper()
	k, err := Open(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = k.Close() })
	b.keeper = k
}

func (b *bench) reset(_ context.Context, steps []Step) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.resets = append(b.resets, steps...)
	if b.during != nil {
		b.during()
	}
	return b.fail
}

func (b *bench) ready() *bench {
	b.t.Helper()
	if err := b.keeper.Recover(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return b
}

func (b *bench) want(slot int, state State) Entry {
	b.t.Helper()
	e, err := b.keeper.Entry(slot)
	if err != nil || e.State != state {
		b.t.Fatalf("slot %d is %s (%+v), %v; want %s", slot, e.State, e.Fault, err, state)
	}
	return e
}

func (b *bench) write(address, name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.root, devices, address, name), []byte(text+"\n"), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// config fills a function's configuration space, which is read from the card itself;
// the kernel remembers the ids that it found at boot.
func (b *bench) config(address string, octet byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.root, devices, address, "config"), bytes.Repeat([]byte{octet}, 64), 0o644); err != nil {
		b.t.Fatal(err)
	}
}
