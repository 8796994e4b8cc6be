// Package cards gives a machine's cards to its VMs. It runs on the privileged
// side: a driver around the hypervisor's, for whose VMs slots are indexes. It
// alone knows which devices these are, whether they are still what was recorded,
// who has them and whether they have been reset since: from the host's file, a
// check of the computer at each use, and a journal that is written before anything
// relies on it.
package cards

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/guests/turns"
	"github.com/dbc-network/dbc/vm"
)

var (
	_ vm.Driver = (*Driver)(nil)
	_ vm.Cards  = (*Driver)(nil)

	// ErrRunning means that another program keeps this computer's cards.
	ErrRunning = errors.New("another program keeps the cards")
)

// sweepPeriod is how often slots are checked for what was left over.
const sweepPeriod = time.Minute

// Config configures a Driver.
type Config struct {
	// Root stands for / before sys, dev and etc; "" keeps no cards.
	Root string
	// Journal is the file of the slots' states, in an existing folder.
	Journal string
	// Lock is a file that ensures that one program at a time keeps the cards.
	Lock string
	// Hypervisor runs the VMs.
	Hypervisor vm.Passer
	// Reset brings functions back to a clean state; vfio.Child makes one.
	Reset func(ctx context.Context, steps []vfio.Step) error
	// KernelLog returns the kernel's latest lines; nil leaves them out.
	KernelLog func(ctx context.Context) ([]byte, error)
	// Now is time.Now when nil, Logger slog.Default().
	Now    func() time.Time
	Logger *slog.Logger
}

// Driver is a vm.Driver whose VMs can have cards, and the vm.Cards of its host.
type Driver struct {
	vm.Driver
	config Config
	log    *slog.Logger
	// slots are those of gpus.toml; none where the host keeps no cards.
	slots map[uint32]*slot
	// order lists their numbers.
	order  []uint32
	keeper *vfio.Keeper
	lock   *os.File
	// fault is why nobody is given a card, though the host keeps some.
	fault error
	turns turns.Turns

	life  context.Context //nolint:containedctx // the life of what is done in the background, ended by Close
	stop  context.CancelFunc
	works sync.WaitGroup
	kicks chan struct{}
}

// slot is one of the host's slots.
type slot struct {
	record binding.Slot
	// busy is set while it is swept, freed if it became free since the sweep began.
	busy, freed atomic.Bool
}

// Open reads which cards the host keeps and their states, and compares that with
// the existing domains. If a file or the journal cannot be read, VMs without
// cards are unaffected, and nobody gets a card until it is repaired.
func Open(ctx context.Context, config Config) (*Driver, error) {
	d := &Driver{Driver: config.Hypervisor, config: config, log: config.Logger, kicks: make(chan struct{}, 1)}
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.config.Now == nil {
		d.config.Now = time.Now
	}
	d.life, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	err := d.open()
	if errors.Is(err, ErrRunning) {
		return nil, errors.Join(err, d.Close()) // it may end soon
	}
	if err != nil {
		d.fault = err
		d.log.Error("no VM gets a card until this is mended and the program started again", "error", err)
	}
	if d.keeper == nil {
		return d, nil
	}
	if err := d.adopt(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.works.Go(d.sweeps)
	return d, nil
}

func (d *Driver) open() error {
	if d.config.Root == "" {
		return nil
	}
	file, err := d.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if d.lock, err = hold(d.config.Lock); err != nil {
		return err
	}
	d.keeper, err = vfio.Open(vfio.Config{
		Root: d.config.Root, Journal: d.config.Journal, Slots: file.Slots, Reset: d.config.Reset, KernelLog: d.config.KernelLog, Now: d.config.Now,
	})
	d.slots = map[uint32]*slot{}
	for _, s := range file.Slots {
		d.slots[uint32(s.Number)] = &slot{record: s}
	}
	d.order = slices.Sorted(maps.Keys(d.slots))
	return err
}

// read returns the host's file.
func (d *Driver) read() (binding.File, error) {
	root, err := os.OpenRoot(d.config.Root)
	if err != nil {
		return binding.File{}, fmt.Errorf("look for cards: %w", err)
	}
	defer func() { _ = root.Close() }()
	return binding.Load(root)
}

// hold takes a lock that the kernel drops with the process, however that ends.
func hold(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the cards' lock: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrRunning
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return file, nil
}

// Close ends background work; the next Open repeats a reset that was interrupted.
func (d *Driver) Close() error {
	d.stop()
	d.works.Wait()
	var errs []error
	if d.keeper != nil {
		errs = append(errs, d.keeper.Close())
	}
	if d.lock != nil {
		errs = append(errs, unix.Flock(int(d.lock.Fd()), unix.LOCK_UN), d.lock.Close())
	}
	return errors.Join(errs...)
}

// Slots implements vm.Cards.
func (d *Driver) Slots(context.Context) ([]vm.Slot, error) {
	if d.fault != nil {
		return nil, d.fault
	}
	list := make([]vm.Slot, 0, len(d.slots))
	for _, index := range d.order {
		e, err := d.keeper.Entry(int(index))
		if err != nil {
			return nil, err
		}
		slot := vm.Slot{Index: index, State: vm.SlotState(e.State), Since: e.Since, Holder: vm.UUID(e.Holder), Kernel: e.Kernel}
		if e.Fault != nil {
			slot.Fault, slot.Params = string(e.Fault.Code), e.Fault.Params
		}
		list = append(list, slot)
	}
	return list, nil
}

// CheckSlot implements vm.Cards.
func (d *Driver) CheckSlot(ctx context.Context, index uint32) error {
	if d.fault != nil {
		return d.fault
	}
	if d.slots[index] == nil {
		return vm.RefuseSlot(vm.ErrSlotUnknown, index)
	}
	if err := d.foreign(ctx, "", []uint32{index}); err != nil {
		return err
	}
	err := d.keeper.Check(ctx, int(index))
	if err == nil {
		return nil
	}
	return d.explain(index, err)
}

// held returns the slots that a VM has according to the journal, ascending.
func (d *Driver) held(id vm.UUID) (list []uint32) {
	for _, index := range d.order {
		if e, err := d.keeper.Entry(int(index)); err == nil && e.State == vfio.InUse && e.Holder == string(id) {
			list = append(list, index)
		}
	}
	return list
}

// foreign refuses slots if another running domain has one of their devices, whoever runs
// it.
func (d *Driver) foreign(ctx context.Context, id vm.UUID, slots []uint32) error {
	domains, err := d.config.Hypervisor.Passings(ctx)
	if err != nil {
		return fmt.Errorf("look for who has cards: %w", err)
	}
	for _, domain := range domains {
		for _, index := range slots {
			if domain.UUID != id && domain.Active && d.shares(index, domain.Devices) {
				return vm.RefuseSlot(vm.ErrSlotHeld, index, "holder", string(domain.UUID))
			}
		}
	}
	return nil
}

// shares reports whether any of the devices belongs to a slot.
func (d *Driver) shares(index uint32, devices []vm.PCIDevice) bool {
	return slices.ContainsFunc(d.devices(index), func(own vm.PCIDevice) bool { return slices.Contains(devices, own) })
}

func (d *Driver) devices(index uint32) []vm.PCIDevice { return devices(d.slots[index].record) }

func devices(slot binding.Slot) []vm.PCIDevice {
	var list []vm.PCIDevice
	for _, fn := range slot.Functions {
		list = append(list, vm.PCIDevice(fn.Address.String()))
	}
	return list
}

// explain turns an error of the keeper into a refusal of a slot.
func (d *Driver) explain(index uint32, err error) error {
	e, entryErr := d.keeper.Entry(int(index))
	switch {
	case entryErr != nil:
		return errors.Join(err, entryErr)
	case errors.Is(err, vfio.ErrHeld), errors.Is(err, vfio.ErrState) && e.State == vfio.InUse:
		return vm.RefuseSlot(vm.ErrSlotHeld, index, "holder", e.Holder)
	case errors.Is(err, vfio.ErrUndone):
		d.log.Error("a slot could not be reset", "slot", index, "error", err)
		return vm.RefuseSlot(vm.ErrSlotResetting, index)
	case !errors.Is(err, vfio.ErrState):
		return err
	case e.State == vfio.Quarantined:
		pairs := []string{"fault", string(e.Fault.Code)}
		for name, value := range e.Fault.Params {
			pairs = append(pairs, name, value)
		}
		return vm.RefuseSlot(vm.ErrSlotQuarantined, index, pairs...)
	}
	return vm.RefuseSlot(vm.ErrSlotResetting, index)
}

// refuse turns a fault found with a slot into a refusal.
func refuse(index uint32, f *vfio.Fault) error {
	kind := vm.ErrSlotQuarantined
	switch f.Code {
	case vfio.CodeOther, vfio.CodeAbsent, vfio.CodeOffBus:
		kind = vm.ErrSlotOther
	case vfio.CodeDriver:
		kind = vm.ErrSlotUnbound
	case vfio.CodeNoSlot:
		kind = vm.ErrSlotForeign
	}
	pairs := []string{"fault", string(f.Code)}
	for name, value := range f.Params {
		pairs = append(pairs, name, value)
	}
	return vm.RefuseSlot(kind, index, pairs...)
}
