package helper_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	hwbinding "github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/cards"
	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/vm"
)

// shelf is a machine's cards.
type shelf struct {
	slots   []vm.Slot
	checked []uint32
	err     error
}

func (s *shelf) Slots(context.Context) ([]vm.Slot, error) { return s.slots, s.err }

func (s *shelf) CheckSlot(_ context.Context, index uint32) error {
	s.checked = append(s.checked, index)
	return s.err
}

// withCards has a helper whose root is another user than this one, or not.
func withCards(t *testing.T, cards vm.Cards, root int) *world {
	t.Helper()
	w := newWorld(t)
	w.stop()
	w.config.Root = &root
	w.config.Open = func(context.Context, names.Binding) (guests.Parts, error) {
		return guests.Parts{Driver: w.driver, Net: w.wires, Cards: cards, Close: func() error { return nil }}, nil
	}
	w.start()
	w.bind()
	return w
}

// threeCards are a computer's; the third one's reset fails.
const threeCards = `
@cpu GenuineIntel 46
00:01.1 0604 1022:1483 group=1
  01:00.0 0302 10de:26b9 group=2 driver=vfio-pci reset=flr bars=16M,32Gp
00:02.1 0604 1022:1483 group=3
  02:00.0 0302 10de:26b9 group=4 driver=vfio-pci reset=flr bars=16M,32Gp
00:03.1 0604 1022:1483 group=5
  03:00.0 0302 10de:26b9 group=6 driver=vfio-pci reset=flr bars=16M,32Gp
00:04.1 0604 1022:1483 group=7
  04:00.0 0200 8086:1533 group=8 driver=igb bars=1M
`

// withRealCards has the helper keep the cards of a made-up computer, and waits
// until it knows what they are in.
func (w *world) withRealCards() {
	w.t.Helper()
	root := hwtest.Build(w.t, threeCards)
	file, _, err := hwbinding.Select(root, []int{0, 1, 2})
	must(w.t, err)
	text, err := file.Marshal()
	must(w.t, err)
	must(w.t, os.MkdirAll(filepath.Join(root, "etc/dbc"), 0o755))
	must(w.t, os.WriteFile(filepath.Join(root, hwbinding.Path), text, 0o644))
	w.stop()
	w.config.Open = func(ctx context.Context, _ names.Binding) (guests.Parts, error) {
		d, err := cards.Open(ctx, cards.Config{
			Root: root, Journal: filepath.Join(w.dir, "cards.json"), Lock: filepath.Join(w.dir, "cards.lock"), Hypervisor: w.driver, Logger: slog.New(slog.DiscardHandler),
			Reset: func(_ context.Context, s []vfio.Step) error {
				w.resets.Add(1)
				if s[0].Functions[0].Bus == 3 {
					return errors.New("it does not come back")
				}
				return nil
			},
		})
		if err != nil {
			return guests.Parts{}, err
		}
		return guests.Parts{Driver: d, Cards: d, Net: w.wires, Close: d.Close}, nil
	}
	w.start()
	until(w.t, "the cards", func() bool {
		_ = w.client.Bind(w.t.Context(), binding)
		list, err := w.client.Slots(w.t.Context())
		return err == nil && len(list) == 3 && list[0].State == vm.SlotReady && list[1].State == vm.SlotReady && list[2].State == vm.SlotQuarantined
	})
}

// What is said of slots arrives as it was said, refusals with their parameters.
func TestSlots(t *testing.T) {
	t.Parallel()
	s := &shelf{slots: []vm.Slot{
		{Index: 0, State: vm.SlotInUse, Since: time.Unix(1_800_000_000, 0).UTC(), Holder: "a"},
		{Index: 1, State: vm.SlotQuarantined, Fault: "OFF_BUS", Params: map[string]string{"address": "0000:01:00.0"}, Kernel: []string{"line"}},
	}}
	w := withCards(t, s, os.Getuid())
	if got, err := w.client.Slots(t.Context()); err != nil || !reflect.DeepEqual(got, s.slots) {
		t.Errorf("%+v, %v", got, err)
	}
	must(t, w.client.CheckSlot(t.Context(), 1))
	for code, kind := range vm.SlotErrors {
		s.err = vm.RefuseSlot(kind, 3, "holder", "b")
		var refused *vm.SlotError
		err := w.client.CheckSlot(t.Context(), 3)
		if !errors.Is(err, kind) || !errors.As(err, &refused) || refused.Code() != code || refused.Index != 3 || refused.Params["holder"] != "b" {
			t.Errorf("%s: %v, %+v", code, err, refused)
		}
	}
	// A host without cards has none.
	w = withCards(t, nil, os.Getuid())
	if got, err := w.client.Slots(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if err := w.client.CheckSlot(t.Context(), 0); !errors.Is(err, vm.ErrSlotUnknown) {
		t.Errorf("%v", err)
	}
}

// A node that was taken over brings no card out of quarantine.
func TestCheckIsRoots(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	w := withCards(t, s, os.Getuid()+1)
	if err := w.client.CheckSlot(t.Context(), 1); !errors.Is(err, helper.ErrPeer) || len(s.checked) > 0 {
		t.Errorf("%v, %v were checked", err, s.checked)
	}
	if _, err := w.client.Slots(t.Context()); err != nil {
		t.Errorf("the node asks for states: %v", err)
	}
}

// Root, who is not the node, may look and check, and nothing else.
func TestRootIsNotTheNode(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	w := withCards(t, s, os.Getuid())
	w.stop()
	w.config.UID++
	w.start()
	ctx := t.Context()
	until(t, "the helper", func() bool { _, err := w.client.Slots(ctx); return err == nil })
	must(t, w.client.CheckSlot(ctx, 1))
	if _, err := w.client.List(ctx); !errors.Is(err, helper.ErrPeer) {
		t.Errorf("root lists VMs: %v", err)
	}
}

// A VM's slots go to the driver by index; what is no slot is refused.
func TestDefineSlots(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.image("tiny.qcow2")
	w.bind()
	w.make("carded")
	v, id := w.vm("carded"), idOf("carded")
	v.Firmware, v.Slots = vm.UEFI, []uint32{2, 0}
	must(t, w.client.Define(t.Context(), v))
	if have, _ := w.driver.Spec(id); !reflect.DeepEqual(have.Slots, v.Slots) || have.Devices != nil {
		t.Errorf("%v, %v", have.Slots, have.Devices)
	}
	for name, change := range map[string]func(*guests.VM){
		"bios":     func(v *guests.VM) { v.Slots, v.Firmware = []uint32{0}, vm.BIOS },
		"twice":    func(v *guests.VM) { v.Slots = []uint32{1, 1} },
		"no slot":  func(v *guests.VM) { v.Slots = []uint32{1 << 16} },
		"too many": func(v *guests.VM) { v.Slots = make([]uint32, 100) },
	} {
		bad := v
		change(&bad)
		if err := w.client.Define(t.Context(), bad); !errors.Is(err, vm.ErrBadSpec) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if have, _ := w.driver.Spec(id); !reflect.DeepEqual(have.Slots, v.Slots) {
		t.Errorf("changed to %v", have.Slots)
	}
}

// A node that was taken over ends a VM without waiting for the end, and makes one of
// the same rental and task for another wallet: the UUID is the same, the renter is not.
func TestCardOfAnotherLife(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	w.image("tiny.qcow2")
	w.bind()
	w.withRealCards()
	w.makeFor(alice, rent, "twice")
	v, id := w.vm("twice"), idOf("twice")
	v.Firmware, v.Slots = vm.UEFI, []uint32{0}
	must(t, errors.Join(w.client.Define(ctx, v), w.client.Start(ctx, id), w.client.Stop(ctx, id)))
	before := w.resets.Load()
	// libvirt ends no call whose caller has left: the domain goes, the helper does not see it.
	must(t, w.driver.Undefine(ctx, id))
	w.wipe(folderOf("twice"))
	w.makeFor(mallory, rent, "twice")
	if err := errors.Join(w.client.Define(ctx, v), w.client.Start(ctx, id)); err != nil {
		t.Fatal(err)
	}
	if w.resets.Load() == before {
		t.Error("mallory has alice's card as she left it")
	}
}
