package vfio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/child"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/pci"
)

func TestTable(t *testing.T) {
	t.Parallel()
	want := map[string]State{
		"ready taken": InUse, "ready checked": Resetting, "in_use released": Resetting, "resetting clean": Ready,
		"ready found": InUse, "resetting found": InUse, "resetting faulty": Quarantined, "resetting checked": Resetting, "quarantined checked": Resetting,
	}
	for _, s := range []State{Ready, InUse, Resetting, Quarantined, "", "other"} {
		for _, e := range []event{taken, released, clean, faulty, checked, found, "other"} {
			to, err := next(s, e)
			if there, ok := want[string(s)+" "+string(e)]; ok != (err == nil) || ok && to != there || !ok && (to != s || !errors.Is(err, ErrState)) {
				t.Errorf("%s %s: %s, %v", s, e, to, err)
			}
		}
	}
}

// A card of which nothing is known is reset before anybody gets it; then it
// passes from one VM to the next only through a reset.
func TestLife(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	if err := b.keeper.Take(ctx, 0, "a"); !errors.Is(err, ErrState) {
		t.Errorf("unknown: %v", err)
	}
	b.ready()
	if got := fmt.Sprint(b.resets); got != "[{false [0000:01:00.0]} {true [0000:02:00.0 0000:02:00.1 0000:02:00.2]}]" {
		t.Errorf("reset %s", got)
	}
	for range 2 { // a VM that stops and starts
		if err := b.keeper.Take(ctx, 0, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.keeper.Take(ctx, 0, "b"); !errors.Is(err, ErrHeld) {
		t.Errorf("held: %v", err)
	}
	if err := b.keeper.Release(ctx, 0, "b"); err != nil || b.want(0, InUse).Holder != "a" {
		t.Errorf("another's: %v", err)
	}
	if err := b.keeper.Check(ctx, 0); !errors.Is(err, ErrState) {
		t.Errorf("a check of what is used: %v", err)
	}
	b.want(1, Ready)
	if len(b.resets) != 2 {
		t.Errorf("reset %v", b.resets)
	}
	if err := b.keeper.Release(ctx, 0, "a"); err != nil || len(b.resets) != 3 {
		t.Errorf("%v after %d resets", err, len(b.resets))
	}
	if e := b.want(0, Ready); e.Holder != "" {
		t.Errorf("%+v", e)
	}
	if err := b.keeper.Take(ctx, 0, "b"); err != nil {
		t.Error(err)
	}
	for _, slot := range []int{-1, 2} {
		if err := errors.Join(b.keeper.Take(ctx, slot, "c"), b.keeper.Release(ctx, slot, "c"), b.keeper.Check(ctx, slot)); !errors.Is(err, ErrSlot) {
			t.Errorf("%v", err)
		}
	}
}

// A card that does not come back as it was is quarantined with the reason and
// the kernel's lines, across restarts, and leaves quarantine only by a check
// that passes; the other slot is unaffected.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	link := func(b *bench) { b.write("0000:01:00.0", "current_link_width", "4") }
	for name, c := range map[string]struct {
		fail   error
		during func(b *bench)
		mend   func(b *bench)
		want   string
	}{
		"fails":     {fail: errors.New("inappropriate ioctl for device"), want: "RESET_FAILED map[error:inappropriate ioctl for device]"},
		"stuck":     {fail: fmt.Errorf("dbc: %w", child.ErrDeadline), want: "RESET_STUCK map[error:dbc: it gave no answer in time]"},
		"hits":      {fail: fmt.Errorf("%w: 0000:03:00.0", ErrHits), want: "RESET_HITS_OTHERS map[error:the reset would hit another device: 0000:03:00.0]"},
		"busy":      {fail: ErrBusy, want: "IN_USE map[error:a program has the card open]"},
		"off":       {during: func(b *bench) { b.write("0000:01:00.0", "vendor", "0xffff") }, mend: func(b *bench) { b.write("0000:01:00.0", "vendor", "0x10de") }, want: "OFF_BUS map[address:0000:01:00.0]"},
		"silent":    {during: func(b *bench) { b.config("0000:01:00.0", 0xff) }, mend: func(b *bench) { b.config("0000:01:00.0", 0) }, want: "OFF_BUS map[address:0000:01:00.0]"},
		"class":     {during: func(b *bench) { b.write("0000:01:00.0", "class", "0x030200") }, mend: func(b *bench) { b.write("0000:01:00.0", "class", "0x030000") }, want: "OTHER_CARD map[address:0000:01:00.0 field:class have:0302 want:0300]"},
		"link":      {during: link, mend: func(b *bench) { b.write("0000:01:00.0", "current_link_width", "16") }, want: "LINK_WIDTH map[address:0000:01:00.0 have:4 want:16]"},
		"fatal":     {during: func(b *bench) { b.count("fatal", len(b.resets)) }, want: "BUS_ERRORS map[address:0000:01:00.0 count:1 kind:fatal]"},
		"nonfatal":  {during: func(b *bench) { b.count("nonfatal", 2+3*len(b.resets)) }, want: "BUS_ERRORS map[address:0000:01:00.0 count:3 kind:nonfatal]"},
		"no driver": {during: func(b *bench) { b.unlink("0000:01:00.1", "driver") }, mend: func(b *bench) { b.relink("0000:01:00.1") }, want: "OTHER_DRIVER map[address:0000:01:00.1 driver:]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t).ready()
			ctx := t.Context()
			if err := b.keeper.Take(ctx, 0, "a"); err != nil {
				t.Fatal(err)
			}
			b.fail = c.fail
			if c.during != nil {
				b.during = func() { c.during(b) }
			}
			if err := b.keeper.Release(ctx, 0, "a"); !errors.Is(err, ErrState) {
				t.Errorf("%v", err)
			}
			b.open() // a restart
			e := b.want(0, Quarantined)
			if got := fmt.Sprint(string(e.Fault.Code), " ", e.Fault.Params); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !slices.Equal(e.Kernel, []string{"[1.0] vfio-pci 0000:01:00.0: not ready 1023ms after FLR [2J; waiting"}) {
				t.Errorf("%q", e.Kernel)
			}
			if err := errors.Join(b.keeper.Recover(ctx), b.keeper.Release(ctx, 0, "a")); err != nil {
				t.Error(err)
			}
			if err := b.keeper.Take(ctx, 0, "b"); !errors.Is(err, ErrState) {
				t.Errorf("%v", err)
			}
			if err := b.keeper.Take(ctx, 1, "b"); err != nil {
				t.Errorf("the other slot: %v", err)
			}
			if c.fail != nil || c.mend != nil {
				if err := b.keeper.Check(ctx, 0); !errors.Is(err, ErrState) {
					t.Errorf("what is still wrong: %v", err)
				}
				b.want(0, Quarantined)
			}
			b.fail, b.during = nil, nil
			if c.mend != nil {
				c.mend(b)
			}
			if err := b.keeper.Check(ctx, 0); err != nil {
				t.Error(err)
			}
			if e := b.want(0, Ready); e.Fault != nil || e.Kernel != nil {
				t.Errorf("%+v", e)
			}
		})
	}
}

// What a guest can provoke, or what a link does once, is no fault of the card: it
// is reset a second time, and compared with the values after the first.
func TestSecondReset(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		used   func(b *bench)
		during func(b *bench)
		resets int
	}{
		"nothing":     {resets: 1},
		"correctable": {used: func(b *bench) { b.count("correctable", 9000) }, resets: 1},
		"nonfatal":    {used: func(b *bench) { b.count("nonfatal", 9000) }, resets: 2},
		"fatal":       {used: func(b *bench) { b.count("fatal", 1) }, resets: 2},
		"a slow link": {during: func(b *bench) {
			b.write("0000:01:00.0", "current_link_width", map[int]string{1: "8", 2: "16"}[len(b.resets)])
		}, resets: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t).ready()
			for renter := range 2 {
				if err := b.keeper.Take(t.Context(), 0, "a"); err != nil {
					t.Fatal(err)
				}
				if c.used != nil && renter == 0 {
					c.used(b)
				}
				b.resets, b.during = nil, nil
				if c.during != nil && renter == 0 {
					b.during = func() { c.during(b) }
				}
				if err := b.keeper.Release(t.Context(), 0, "a"); err != nil {
					t.Fatal(err)
				}
				b.want(0, Ready)
				if want := []int{c.resets, 1}[renter]; len(b.resets) != want {
					t.Errorf("renter %d: %d resets, want %d", renter, len(b.resets), want)
				}
			}
		})
	}
}

// count sets how many errors of a kind the kernel has counted for the first card.
func (b *bench) count(kind string, n int) {
	b.write("0000:01:00.0", "aer_dev_"+kind, map[string]string{"correctable": "TOTAL_ERR_COR", "nonfatal": "TOTAL_ERR_NONFATAL", "fatal": "TOTAL_ERR_FATAL"}[kind]+fmt.Sprintf(" %d", n))
}

func (b *bench) unlink(address, name string) {
	if err := os.Remove(filepath.Join(b.root, devices, address, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
}

func (b *bench) relink(address string) {
	if err := os.Symlink("../../../../bus/pci/drivers/vfio-pci", filepath.Join(b.root, devices, address, "driver")); err != nil {
		b.t.Fatal(err)
	}
}

// A VM's slot is freed at once and reset by whoever settles it; of several
// callers, one resets it.
func TestFree(t *testing.T) {
	t.Parallel()
	b := newBench(t).ready()
	ctx := t.Context()
	if err := errors.Join(b.keeper.Take(ctx, 0, "a"), b.keeper.Free(ctx, 0, "b"), b.keeper.Free(ctx, 1, "a")); err != nil {
		t.Fatal(err)
	}
	b.want(0, InUse)
	b.want(1, Ready)
	if err := errors.Join(b.keeper.Free(ctx, 0, "a"), b.keeper.Free(ctx, 0, "a")); err != nil {
		t.Fatal(err)
	}
	if e := b.want(0, Resetting); e.Holder != "a" || len(b.resets) != 2 {
		t.Errorf("%+v, %d resets", e, len(b.resets))
	}
	begun, end := make(chan struct{}), make(chan struct{})
	b.during = func() { close(begun); <-end }
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := b.keeper.Settle(ctx, 0); err != nil {
				t.Error(err)
			}
		})
	}
	<-begun
	short, cancel := context.WithCancel(ctx)
	cancel()
	if err := b.keeper.Settle(short, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up: %v", err)
	}
	if err := b.keeper.Take(ctx, 1, "b"); err != nil {
		t.Errorf("another slot meanwhile: %v", err)
	}
	close(end)
	all.Wait()
	if b.want(0, Ready); len(b.resets) != 3 {
		t.Errorf("%d resets", len(b.resets))
	}
}

// A VM that is found with a slot has it, unless another does or it is quarantined.
func TestAdopt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	for range 2 {
		if err := b.keeper.Adopt(ctx, 0, "a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.keeper.Adopt(ctx, 0, "b"); !errors.Is(err, ErrHeld) || b.want(0, InUse).Holder != "a" {
		t.Errorf("%v", err)
	}
	b.fail = errors.New("no")
	if err := errors.Join(b.keeper.Release(ctx, 0, "a"), b.keeper.Adopt(ctx, 0, "a")); !errors.Is(err, ErrState) {
		t.Errorf("%v", err)
	}
	b.want(0, Quarantined)
}

// Look says what is wrong with a card, and quarantines one that nobody has.
func TestLook(t *testing.T) {
	t.Parallel()
	b := newBench(t).ready()
	ctx := t.Context()
	if f, err := b.keeper.Look(ctx, 0); f != nil || err != nil {
		t.Errorf("%+v, %v", f, err)
	}
	if err := b.keeper.Take(ctx, 0, "a"); err != nil {
		t.Fatal(err)
	}
	for slot, state := range map[int]State{0: InUse, 1: Quarantined} {
		b.write(fmt.Sprintf("0000:0%d:00.0", slot+1), "vendor", "0xffff")
		if f, err := b.keeper.Look(ctx, slot); f == nil || f.Code != CodeOffBus || err != nil {
			t.Errorf("%+v, %v", f, err)
		}
		b.want(slot, state)
	}
}

// A card that fails while nobody has it is given to nobody.
func TestBadWhenTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t).ready()
	b.write("0000:01:00.0", "vendor", "0xffff")
	if err := b.keeper.Take(t.Context(), 0, "a"); !errors.Is(err, ErrState) {
		t.Errorf("%v", err)
	}
	if e := b.want(0, Quarantined); e.Fault.Code != CodeOffBus || e.Holder != "" {
		t.Errorf("%+v", e)
	}
}

// A caller that gives up says nothing about the card: it is tried again.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t).ready()
	if err := b.keeper.Take(t.Context(), 0, "a"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.during, b.fail = cancel, context.Canceled
	if err := b.keeper.Release(ctx, 0, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.want(0, Resetting)
	b.during, b.fail = nil, nil
	if err := b.keeper.Release(t.Context(), 0, "a"); err != nil {
		t.Error(err)
	}
	b.want(0, Ready)
}

// Of many who want a slot at once, one gets it.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t).ready()
	var got sync.Map
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if err := b.keeper.Take(t.Context(), 0, fmt.Sprint("vm", i)); err == nil {
				got.Store(i, true)
			} else if !errors.Is(err, ErrHeld) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	count := 0
	got.Range(func(any, any) bool { count++; return true })
	if count != 1 {
		t.Errorf("%d have it", count)
	}
}

func TestBadJournal(t *testing.T) {
	t.Parallel()
	b := newBench(t).ready()
	good, err := os.ReadFile(b.cfg.Journal)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "{", "null", `{"schema":2,"slots":{}}`, `{"schema":1}`, strings.Replace(string(good), `"ready"`, `"free"`, 1),
		strings.Replace(string(good), `"ready"`, `"in_use"`, 1), strings.Replace(string(good), `"state": "ready"`, `"state": "ready", "holder": "x"`, 1),
	} {
		if err := os.WriteFile(b.cfg.Journal, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(b.cfg); !errors.Is(err, ErrJournal) {
			t.Errorf("%q: %v", text, err)
		}
	}
	// On a full disk, or without a folder, nothing is given away.
	b = newBench(t).ready()
	if err := os.RemoveAll(filepath.Dir(b.cfg.Journal)); err != nil {
		t.Fatal(err)
	}
	if err := b.keeper.Take(t.Context(), 0, "a"); err == nil {
		t.Error("taken without a record")
	}
	b.want(0, Ready)
}

func TestSteps(t *testing.T) {
	t.Parallel()
	flr := " driver=vfio-pci reset=flr bars=16M"
	for description, want := range map[string]string{
		"01:00.0 0302 10de:26b9 group=1" + flr:                                                                                   "[{false [0000:01:00.0]}]",
		"01:00.0 0300 10de:2684 group=1" + flr + "\n01:00.1 0403 10de:22ba group=1" + flr:                                        "[{false [0000:01:00.0]} {false [0000:01:00.1]}]",
		"00:01.0 0604 8086:1901 group=1\n  01:00.0 0300 10de:1b80 group=1 reset=bus\n  02:00.0 0300 10de:1b80 group=1 reset=bus": "[{true [0000:01:00.0 0000:02:00.0]} {true [0000:02:00.0 0000:01:00.0]}]",
	} {
		root := hwtest.Build(t, description)
		at, err := os.OpenRoot(root)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := pci.Read(at)
		if err := errors.Join(err, at.Close()); err != nil {
			t.Fatal(err)
		}
		var slot binding.Slot
		for _, f := range tree.Functions {
			if !f.Bridge() {
				slot.Functions = append(slot.Functions, binding.Function{Address: f.Address})
			}
		}
		if got := fmt.Sprint(Steps(tree, slot)); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", description, got, want)
		}
	}
}

// A journal that was edited by hand, or truncated, gives no card away and crashes no
// program.
func TestNoFault(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"quarantined for nothing": `{"schema":1,"slots":{"0000:01:00.0 10de:2684":{"state":"quarantined"}}}`,
		"no text":                 ``,
		"two texts":               `{"schema":1,"slots":{}}{"schema":1,"slots":{}}`,
		"null":                    `null`,
	} {
		path := filepath.Join(t.TempDir(), "cards.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(path); !errors.Is(err, ErrJournal) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
