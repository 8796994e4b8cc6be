package cards_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/vm"
)

// A VM that is made anew under the same id, maybe for another renter, gets the card
// only after a reset, however the end of the previous one was interrupted.
func TestSecondLife(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bench){
		"its caller left": func(b *bench) {
			ctx, leave := context.WithCancel(b.t.Context())
			leave()
			if err := b.driver.Undefine(ctx, id("a")); !errors.Is(err, context.Canceled) {
				b.t.Errorf("%v", err)
			}
			must(b.t, b.hyper.Undefine(b.t.Context(), id("a")))
		},
		"the disk is full": func(b *bench) {
			b.full(true)
			must(b.t, b.driver.Undefine(b.t.Context(), id("a")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ctx := newBench(t), t.Context()
			must(t, errors.Join(b.driver.Define(ctx, spec("a", 0)), b.driver.Start(ctx, id("a")), b.driver.Stop(ctx, id("a"))))
			b.until(1, vm.SlotReady)
			b.order(nil, nil)
			end(b)
			err := b.driver.Define(ctx, spec("a", 0))
			if err == nil && b.count() == 0 {
				t.Error("a new VM has the card without a reset")
			}
			b.full(false)
			must(t, errors.Join(b.driver.Define(ctx, spec("a", 0)), b.driver.Start(ctx, id("a"))))
			if b.count() == 0 {
				t.Error("no reset")
			}
			b.want(0, vm.SlotInUse, id("a"))
		})
	}
}

// full makes recording states fail, as on a full disk.
func (b *bench) full(is bool) {
	b.t.Helper()
	dir := filepath.Dir(b.config.Journal)
	if _, err := os.Stat(dir + ".away"); is == (err == nil) {
		return
	}
	if is {
		must(b.t, os.Rename(dir, dir+".away"))
		return
	}
	must(b.t, os.Rename(dir+".away", dir))
}

// The node looks up a slot's number in the current file. Where a number has come to mean
// another card since this program started, a VM gets none rather than the wrong one.
func TestRenumbered(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(f *binding.File){
		"swapped": func(f *binding.File) { f.Slots[0].Number, f.Slots[1].Number = 1, 0 },
		"gone":    func(f *binding.File) { f.Slots = f.Slots[1:] },
		"grown": func(f *binding.File) {
			f.Slots[0].Functions = append(f.Slots[0].Functions, f.Slots[1].Functions...)
			f.Slots = f.Slots[:1]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, ctx := newBench(t), t.Context()
			must(t, b.driver.Define(ctx, spec("a", 1)))
			f, _, err := binding.Select(b.root, []int{0, 1})
			must(t, err)
			b.until(0, vm.SlotReady)
			change(&f)
			text, err := f.Marshal()
			must(t, err)
			must(t, os.WriteFile(filepath.Join(b.root, binding.Path), text, 0o644))
			if err := b.driver.Define(ctx, spec("c", 0)); !errors.Is(err, vm.ErrSlotOther) && !errors.Is(err, vm.ErrSlotUnknown) {
				t.Errorf("%v", err)
			}
			b.want(0, vm.SlotReady, "")
			must(t, b.driver.Start(ctx, id("a"))) // it has its card, whatever its number
		})
	}
}

// A reset that could not be started is retried by the next VM that wants the card.
func TestUndone(t *testing.T) {
	t.Parallel()
	b, ctx := newBench(t), t.Context()
	must(t, b.driver.Define(ctx, spec("a", 0)))
	b.until(1, vm.SlotReady)
	b.order(vfio.ErrUndone, nil)
	must(t, b.driver.Undefine(ctx, id("a")))
	refused(t, b.driver.Define(ctx, spec("c", 0)), vm.ErrSlotResetting, 0, nil)
	b.want(0, vm.SlotResetting, id("a"))
	b.order(nil, nil)
	must(t, b.driver.Define(ctx, spec("c", 0)))
	if b.count() != 1 {
		t.Errorf("%d resets", b.count())
	}
}
