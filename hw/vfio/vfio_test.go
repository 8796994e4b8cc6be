package vfio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/child"
	"github.com/dbc-network/dbc/hw/hwtest"
	"github.com/dbc-network/dbc/hw/pci"
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
	// resets are the steps that were asked for; fail is what becomes of them.
	mu     sync.Mutex
	resets []Step
	fail   error
	// during happens while a card is reset.
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

func TestTable(t *testing.T) {
	t.Parallel()
	want := map[string]State{
		"ready taken": InUse, "ready checked": Resetting, "in_use released": Resetting, "resetting clean": Ready,
		"resetting faulty": Quarantined, "resetting checked": Resetting, "quarantined checked": Resetting,
	}
	for _, s := range []State{Ready, InUse, Resetting, Quarantined, "", "other"} {
		for _, e := range []event{taken, released, clean, faulty, checked, "other"} {
			to, err := next(s, e)
			if there, ok := want[string(s)+" "+string(e)]; ok != (err == nil) || ok && to != there || !ok && (to != s || !errors.Is(err, ErrState)) {
				t.Errorf("%s %s: %s, %v", s, e, to, err)
			}
		}
	}
}

// A card of which nothing is known is reset before anybody gets it; then it goes
// from one VM to the next by a reset only.
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

// What does not come back as it was is quarantined with the reason and what the
// kernel said, over restarts, and leaves only by a check that passes; the other
// slot goes on.
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
		"class":     {during: func(b *bench) { b.write("0000:01:00.0", "class", "0x030200") }, mend: func(b *bench) { b.write("0000:01:00.0", "class", "0x030000") }, want: "OTHER_CARD map[address:0000:01:00.0 field:class have:0302 want:0300]"},
		"link":      {during: link, mend: func(b *bench) { b.write("0000:01:00.0", "current_link_width", "16") }, want: "LINK_WIDTH map[address:0000:01:00.0 have:4 want:16]"},
		"fatal":     {during: func(b *bench) { b.write("0000:01:00.0", "aer_dev_fatal", "TOTAL_ERR_FATAL 1") }, want: "BUS_ERRORS map[address:0000:01:00.0 count:1 kind:fatal]"},
		"nonfatal":  {during: func(b *bench) { b.write("0000:01:00.0", "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL 5") }, want: "BUS_ERRORS map[address:0000:01:00.0 count:3 kind:nonfatal]"},
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

// A card that goes bad while nobody has it is given to nobody.
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

// A caller that gives up proves nothing of a card: it is tried again.
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

// Of many who want a slot at once one gets it.
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

// TestMain is also the child processes of tests.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		switch os.Args[1] {
		case "reset":
			code, err := Main(os.Args[2], os.Args[3:])
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			os.Exit(code)
		case "life":
			os.Exit(life(os.Args[2]))
		}
	}
	os.Exit(m.Run())
}

// The real child: FLR writes to the function's own attributes and to no other,
// and only to one that vfio-pci has; a hot reset gets as far as a computer does
// that has no VFIO.
func TestChild(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	reset := Child([]string{os.Args[0], "reset", b.root})
	own := pci.Address{Bus: 1}
	if err := reset(t.Context(), []Step{{Functions: []pci.Address{own}}}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"reset_method": "flr", "reset": "1", "driver_override": "(null)\n"} {
		if text, err := os.ReadFile(filepath.Join(b.root, devices, own.String(), name)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if err := reset(t.Context(), []Step{{Hot: true, Functions: []pci.Address{{Bus: 2}, {Bus: 2, Function: 1}}}}); err == nil || !strings.Contains(err.Error(), "inappropriate ioctl") {
		t.Errorf("%v", err)
	}
	b.unlink(own.String(), "driver")
	if err := reset(t.Context(), []Step{{Functions: []pci.Address{own}}}); err == nil || !strings.Contains(err.Error(), "is not bound to vfio-pci") {
		t.Errorf("%v", err)
	}
	for args, want := range map[string]error{"exit 64": ErrHits, "exit 65": ErrBusy} {
		if err := Child([]string{"/bin/sh", "-c", args})(t.Context(), []Step{{Functions: []pci.Address{own}}}); !errors.Is(err, want) {
			t.Errorf("%s: %v", args, err)
		}
	}
	for _, args := range [][]string{{}, {"flr"}, {"wipe", "0000:01:00.0"}, {"flr", "../../x"}} {
		if code, err := Main(b.root, args); code == 0 || err == nil {
			t.Errorf("%q: %d", args, code)
		}
	}
}

// script is what a killed program was doing: life goes through it, writing down
// outside of the journal what it relies on.
type script struct {
	Root, Journal, Trace string
	Slots                []binding.Slot
	Kill                 int
}

// life takes a card, starts a VM, ends it, and gives the card to the next, and
// kills itself at a step.
func life(file string) int {
	text, err := os.ReadFile(file)
	if err != nil {
		return 2
	}
	var s script
	if err := json.Unmarshal(text, &s); err != nil {
		return 2
	}
	left := s.Kill
	trace := func(what string) {
		f, err := os.OpenFile(s.Trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			os.Exit(3)
		}
		fmt.Fprintln(f, what)
		_ = f.Close()
	}
	die := func(string) {
		if left--; left < 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	k, err := Open(Config{
		Root: s.Root, Journal: s.Journal, Slots: s.Slots, Now: time.Now, before: die,
		Reset: func(context.Context, []Step) error { die("reset"); trace("reset"); die("was reset"); return nil },
	})
	if err != nil {
		return 4
	}
	ctx := context.Background()
	if err := k.Recover(ctx); err != nil {
		return 5
	}
	for _, vm := range []string{"a", "b"} {
		if err := k.Take(ctx, 0, vm); err != nil {
			return 6
		}
		die("start")
		trace("start " + vm)
		die("started")
		trace("end " + vm)
		if err := k.Release(ctx, 0, vm); err != nil {
			return 7
		}
	}
	return 0
}

// Killed at any step, the next program finds a state that is right: a card that a
// VM was started with is not ready before it was reset.
func TestKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for n := 0; ; n++ {
		dir := t.TempDir()
		s := script{b.root, filepath.Join(dir, "cards.json"), filepath.Join(dir, "trace"), b.cfg.Slots, n}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "script")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		err = exec.CommandContext(t.Context(), os.Args[0], "life", file).Run()
		if err == nil {
			if n < 20 {
				t.Fatalf("only %d steps", n)
			}
			return
		}
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) || exit.ExitCode() != -1 {
			t.Fatalf("step %d: %v", n, err)
		}
		cfg := b.cfg
		cfg.Journal = s.Journal
		k, err := Open(cfg)
		if err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		e, err := k.Entry(0)
		if err != nil {
			t.Fatal(err)
		}
		trace, _ := os.ReadFile(s.Trace)
		lines := strings.Fields(strings.ReplaceAll(string(trace), " ", "_"))
		last := ""
		if len(lines) > 0 {
			last = lines[len(lines)-1]
		}
		running, _ := strings.CutPrefix(last, "start_")
		switch {
		case strings.HasPrefix(last, "start_") && (e.State != InUse || e.Holder != running):
			t.Errorf("step %d: %s runs, its card is %s of %q", n, running, e.State, e.Holder)
		case strings.HasPrefix(last, "end_") && e.State == Ready:
			t.Errorf("step %d: ready after %s without a reset", n, last)
		}
		// The program that follows brings the card to the next VM.
		if err := errors.Join(k.Recover(t.Context()), k.Release(t.Context(), 0, e.Holder), k.Take(t.Context(), 0, "next"), k.Close()); err != nil {
			t.Errorf("step %d, %s of %q: %v", n, e.State, e.Holder, err)
		}
	}
}
