package cards_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/guests/cards"
	"github.com/dbc-network/dbc/vm"
	"github.com/dbc-network/dbc/vm/fake"
)

// computer has a card with FLR on node 1 and one of three functions without FLR.
const computer = `
@cpu GenuineIntel 46
@nodes 2
@iommu dmar0 48
00:01.1 0604 1022:1483 group=1
  01:00.0 0300 10de:2684 group=2 driver=vfio-pci numa=1 reset=flr,bus bars=16M,32Gp,32Mp link=2.5x16/16.0x16
  01:00.1 0403 10de:22ba group=2 driver=vfio-pci numa=1 bars=16K
00:03.1 0604 1022:1483 group=3
  02:00.0 0300 10de:2684 group=4 driver=vfio-pci numa=0 reset=bus bars=16M,32Gp,32Mp link=2.5x16/16.0x16
  02:00.1 0403 10de:22ba group=4 driver=vfio-pci numa=0 bars=16K
  02:00.2 0c03 10de:1ada group=4 driver=vfio-pci numa=0 bars=16K
00:05.1 0604 1022:1483 group=5
  03:00.0 0200 8086:1533 group=6 driver=igb bars=1M
`

const devices = "sys/bus/pci/devices"

// bench is a host with two cards whose helper can be stopped and started.
type bench struct {
	t      *testing.T
	root   string
	hyper  *fake.Driver
	driver *cards.Driver
	config cards.Config

	mu     sync.Mutex
	resets []vfio.Step
	fail   error
	// hold keeps a reset going until it is closed.
	hold chan struct{}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "life" {
		os.Exit(life(os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, root: hwtest.Build(t, computer), hyper: fake.New()}
	b.bind()
	b.config = cards.Config{
		Root: b.root, Journal: filepath.Join(t.TempDir(), "cards.json"), Lock: filepath.Join(t.TempDir(), "lock"),
		Hypervisor: b.hyper, Logger: slog.New(slog.DiscardHandler), Reset: b.reset,
	}
	b.open()
	return b
}

// bind writes gpus.toml as dbc host gpu bind does.
func (b *bench) bind() {
	b.t.Helper()
	f, _, err := binding.Select(b.root, []int{0, 1})
	must(b.t, err)
	text, err := f.Marshal()
	must(b.t, err)
	must(b.t, os.MkdirAll(filepath.Join(b.root, "etc/dbc"), 0o755))
	must(b.t, os.WriteFile(filepath.Join(b.root, binding.Path), text, 0o644))
}

func (b *bench) open() {
	b.t.Helper()
	d, err := cards.Open(b.t.Context(), b.config)
	must(b.t, err)
	b.driver = d
	b.t.Cleanup(func() { _ = d.Close() })
}

// restart stops the helper and starts it again.
func (b *bench) restart() {
	b.t.Helper()
	must(b.t, b.driver.Close())
	b.open()
}

func (b *bench) reset(ctx context.Context, steps []vfio.Step) error {
	b.mu.Lock()
	b.resets = append(b.resets, steps...)
	hold, fail := b.hold, b.fail
	b.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fail
}

func (b *bench) order(fail error, hold chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail, b.hold, b.resets = fail, hold, nil
}

func (b *bench) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.resets)
}

func (b *bench) slot(index int) vm.Slot {
	b.t.Helper()
	list, err := b.driver.Slots(b.t.Context())
	if err != nil || len(list) != 2 {
		b.t.Fatalf("%v, %v", list, err)
	}
	return list[index]
}

// until waits for a state that is reached in the background.
func (b *bench) until(index int, state vm.SlotState) vm.Slot {
	b.t.Helper()
	limit := time.After(30 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); ; {
		if s := b.slot(index); s.State == state {
			return s
		}
		select {
		case <-tick.C:
		case <-limit:
			b.t.Fatalf("slot %d is %+v, want %s", index, b.slot(index), state)
		}
	}
}

func (b *bench) want(index int, state vm.SlotState, holder vm.UUID) {
	b.t.Helper()
	if s := b.slot(index); s.State != state || s.Holder != holder {
		b.t.Errorf("slot %d is %s of %q, want %s of %q", index, s.State, s.Holder, state, holder)
	}
}

func (b *bench) write(address, name, text string) {
	b.t.Helper()
	must(b.t, os.WriteFile(filepath.Join(b.root, devices, address, name), []byte(text+"\n"), 0o644))
}

func (b *bench) link(address, name, to string) {
	b.t.Helper()
	path := filepath.Join(b.root, devices, address, name)
	must(b.t, errors.Join(os.Remove(path), os.Symlink(to, path)))
}

// id returns the UUID of the VM that has a letter in these tests.
func id(name string) vm.UUID {
	return vm.UUID("0000000" + name + "-0000-8000-8000-000000000000")
}

func spec(name string, slots ...uint32) vm.Spec {
	dir := "/data/" + name
	return vm.Spec{
		UUID: id(name), Name: "dbc-" + name, VCPUs: 2, MemoryMiB: 4096, Firmware: vm.UEFI, NVRAM: dir + "/nvram.fd",
		Disks:      []vm.Disk{{Path: dir + "/system.qcow2", Format: "qcow2", Backing: "/data/base.qcow2", Target: "vda"}},
		NIC:        vm.NIC{Bridge: "dbc0", Tap: "dt" + name, MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, Addr: netip.MustParseAddr("10.0.0.2")},
		ConsoleLog: dir + "/console.log", ConsoleSocket: dir + "/vnc/tty.sock", VNCSocket: dir + "/vnc/vnc.sock", Slots: slots,
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
