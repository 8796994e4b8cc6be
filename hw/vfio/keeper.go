package vfio

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/child"
)

// Config configures a Keeper.
type Config struct {
	// Root stands for / before sys and dev.
	Root string
	// Journal is the file of states, in an existing folder.
	Journal string
	// Slots are the host's from gpus.toml, each identified by its number there.
	Slots []binding.Slot
	// Reset brings functions back to a clean state by the given steps. It runs a
	// child process with a deadline; Child makes one.
	Reset func(ctx context.Context, steps []Step) error
	// KernelLog returns the kernel's latest lines; nil leaves them out.
	KernelLog func(ctx context.Context) ([]byte, error)
	Now       func() time.Time

	before func(step string)
}

// Keeper keeps the states of a host's slots. Its methods may be called
// concurrently; calls for one slot are serialized.
type Keeper struct {
	cfg  Config
	root *os.Root
	// kept are the slots by their number in gpus.toml.
	kept map[int]*kept
	// mu guards the journal.
	mu  sync.Mutex
	log *journal
}

// kept is one slot.
type kept struct {
	key    string
	record binding.Slot
	// turn serializes calls for the slot: whoever has its one token may proceed.
	turn chan struct{}
}

// Open reads the states. A slot that is not in the journal has to be reset
// before it is ready, since it is not known who had it. Recover does that.
func Open(cfg Config) (*Keeper, error) {
	log, err := load(cfg.Journal)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(cfg.Root)
	if err != nil {
		return nil, fmt.Errorf("keep cards: %w", err)
	}
	log.before = cfg.before
	k := &Keeper{cfg: cfg, root: root, kept: map[int]*kept{}, log: log}
	for _, s := range cfg.Slots {
		turn := make(chan struct{}, 1)
		turn <- struct{}{}
		k.kept[s.Number] = &kept{key: s.Functions[0].Address.String() + " " + s.Functions[0].IDs.String(), record: s, turn: turn}
	}
	return k, nil
}

// Close frees what Open took.
func (k *Keeper) Close() error { return k.root.Close() }

// Numbers returns the slots' numbers, ascending.
func (k *Keeper) Numbers() []int { return slices.Sorted(maps.Keys(k.kept)) }

func (k *Keeper) find(slot int) (*kept, error) {
	s, ok := k.kept[slot]
	if !ok {
		return nil, fmt.Errorf("%w: number %d", ErrSlot, slot)
	}
	return s, nil
}

// Entry returns what is known about a slot.
func (k *Keeper) Entry(slot int) (Entry, error) {
	s, err := k.find(slot)
	if err != nil {
		return Entry{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, known := k.log.all.Slots[s.key]
	if !known {
		return Entry{State: Resetting}, nil
	}
	return e, nil
}

// step records a slot's next state, with the changes made by change.
func (k *Keeper) step(slot int, e event, change func(*Entry)) (Entry, error) {
	entry, err := k.Entry(slot)
	if err != nil {
		return Entry{}, err
	}
	if entry.State, err = next(entry.State, e); err != nil {
		return Entry{}, fmt.Errorf("slot %d: %w", slot, err)
	}
	entry.Since = k.cfg.Now()
	change(&entry)
	k.mu.Lock()
	defer k.mu.Unlock()
	return entry, k.log.set(k.kept[slot].key, entry)
}

// Take gives a slot to a VM, and must return before the VM is started. Its
// holder may take it again: a VM that is stopped and started keeps its card. The
// card is checked first: one that failed while nobody had it is quarantined.
func (k *Keeper) Take(ctx context.Context, slot int, holder string) error {
	if holder == "" {
		return fmt.Errorf("slot %d: %w: no VM is named", slot, ErrState)
	}
	done, err := k.turn(ctx, slot)
	if err != nil {
		return err
	}
	defer done()
	entry, err := k.Entry(slot)
	if err != nil {
		return err
	}
	if entry.State == InUse {
		if entry.Holder != holder {
			return fmt.Errorf("slot %d: %w", slot, ErrHeld)
		}
		return nil
	}
	if _, err := next(entry.State, taken); err != nil {
		return fmt.Errorf("slot %d: %w", slot, err)
	}
	c, err := k.look()
	if err != nil {
		return err
	}
	if f := c.identify(k.kept[slot].record); f != nil {
		return k.condemn(ctx, slot, f)
	}
	_, err = k.step(slot, taken, func(e *Entry) { e.Holder = holder })
	return err
}

// Release takes a slot back from a VM that has ended for good, and resets it.
// The error is nil if the slot is ready again, and wraps ErrState if it had to
// be quarantined. For a VM that does not have the slot it does nothing.
func (k *Keeper) Release(ctx context.Context, slot int, holder string) error {
	done, err := k.turn(ctx, slot)
	if err != nil {
		return err
	}
	defer done()
	entry, err := k.Entry(slot)
	if err != nil || entry.Holder != holder || holder == "" {
		return err
	}
	if entry.State == InUse {
		if _, err := k.step(slot, released, func(*Entry) {}); err != nil {
			return err
		}
	}
	return k.reset(ctx, slot)
}

// Free takes a slot back from a VM that has ended for good, and leaves its reset
// to Settle. For a VM that does not have the slot it does nothing.
func (k *Keeper) Free(ctx context.Context, slot int, holder string) error {
	done, err := k.turn(ctx, slot)
	if err != nil {
		return err
	}
	defer done()
	entry, err := k.Entry(slot)
	if err != nil || entry.State != InUse || entry.Holder != holder {
		return err
	}
	_, err = k.step(slot, released, func(*Entry) {})
	return err
}

// Settle waits for a slot's reset, or does it if it is due. The error wraps
// ErrState if the slot had to be quarantined.
func (k *Keeper) Settle(ctx context.Context, slot int) error {
	done, err := k.turn(ctx, slot)
	if err != nil {
		return err
	}
	defer done()
	entry, err := k.Entry(slot)
	if err != nil || entry.State != Resetting {
		return err
	}
	return k.reset(ctx, slot)
}

// Adopt records that a VM has a slot because it was found with the slot's devices:
// the journal was lost, or is an older one. A quarantined slot stays quarantined.
func (k *Keeper) Adopt(ctx context.Context, slot int, holder string) error {
	done, err := k.turn(ctx, slot)
	if err != nil {
		return err
	}
	defer done()
	entry, err := k.Entry(slot)
	switch {
	case err != nil || entry.State == Quarantined:
		return err
	case entry.State == InUse && entry.Holder == holder:
		return nil
	case entry.State == InUse:
		return fmt.Errorf("slot %d: %w", slot, ErrHeld)
	}
	_, err = k.step(slot, found, func(e *Entry) { e.Holder = holder })
	return err
}

// Look reads a slot's functions again and returns what is not as recorded, or
// nil. A ready slot is quarantined for it.
func (k *Keeper) Look(ctx context.Context, slot int) (*Fault, error) {
	done, err := k.turn(ctx, slot)
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := k.look()
	if err != nil {
		return nil, err
	}
	f := c.identify(k.kept[slot].record)
	entry, err := k.Entry(slot)
	if f == nil || err != nil || entry.State != Ready {
		return f, err
	}
	if err := k.condemn(ctx, slot, f); !errors.Is(err, ErrState) {
		return f, err
	}
	return f, nil
}

// condemn quarantines a slot that was ready.
func (k *Keeper) condemn(ctx context.Context, slot int, f *Fault) error {
	if _, err := k.step(slot, checked, func(*Entry) {}); err != nil {
		return err
	}
	return k.quarantine(ctx, slot, f, nil)
}

// Recover resets, after a start, the slots that were being reset or are not in
// the journal. The caller has to compare the VMs that have slots.
func (k *Keeper) Recover(ctx context.Context) error {
	var failed []error
	for _, slot := range k.Numbers() {
		done, err := k.turn(ctx, slot)
		if err != nil {
			return err
		}
		if entry, err := k.Entry(slot); err != nil || entry.State == Resetting {
			failed = append(failed, err, k.reset(ctx, slot))
		}
		done()
	}
	return errors.Join(failed...)
}

// Check resets a slot that nobody has and checks it again, as its host asked:
// the only way out of quarantine.
func (k *Keeper) Check(ctx context.Context, slot int) error {
	done, err := k.turn(ctx, slot)
	if err != nil {
		return err
	}
	defer done()
	if _, err := k.step(slot, checked, func(*Entry) {}); err != nil {
		return err
	}
	return k.reset(ctx, slot)
}

// turn waits until it is the caller's turn, possibly for another call's reset.
func (k *Keeper) turn(ctx context.Context, slot int) (done func(), err error) {
	s, err := k.find(slot)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.turn:
		return func() { s.turn <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// reset brings a slot in state Resetting to Ready or Quarantined. A renter can make a
// card report errors, so a failed comparison is repeated after a second reset, against
// the values read after the first: what still gets worse then, the card did by itself.
func (k *Keeper) reset(ctx context.Context, slot int) error {
	before, err := k.Entry(slot)
	if err != nil {
		return err
	}
	seen, f, err := k.restore(ctx, slot, before.Seen)
	if err == nil && f != nil && seen != nil {
		seen, f, err = k.restore(ctx, slot, widest(before.Seen, seen))
	}
	if err != nil {
		return err // the state is still Resetting: it is tried again
	}
	if f != nil {
		return k.quarantine(ctx, slot, f, seen)
	}
	_, err = k.step(slot, clean, func(e *Entry) { *e = Entry{State: e.State, Since: e.Since, Seen: seen} })
	return err
}

// restore resets a slot's functions and compares them with their record and with the
// values read before. It returns the values read now if only those got worse. A cancelled
// context, or a reset that could not be tried, is not a fault of the card.
func (k *Keeper) restore(ctx context.Context, slot int, before map[string]Vitals) (map[string]Vitals, *Fault, error) {
	record := k.kept[slot].record
	c, err := k.look()
	if err != nil {
		return nil, nil, err
	}
	if f := c.identify(record); f != nil {
		return nil, f, nil
	}
	if err := k.cfg.Reset(ctx, Steps(c.tree, record)); err != nil {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if errors.Is(err, ErrUndone) {
			return nil, nil, err
		}
		return nil, faultOf(err), nil
	}
	if c, err = k.look(); err != nil {
		return nil, nil, err
	}
	if f := c.identify(record); f != nil {
		return nil, f, nil
	}
	seen := c.vitals(record)
	return seen, worse(record, before, seen), nil
}

// widest returns the values read now, with lanes that went missing still counted.
func widest(before, now map[string]Vitals) map[string]Vitals {
	kept := map[string]Vitals{}
	for at, v := range now {
		v.Width = max(v.Width, before[at].Width)
		kept[at] = v
	}
	return kept
}

func faultOf(err error) *Fault {
	code := CodeReset
	switch {
	case errors.Is(err, child.ErrDeadline):
		code = CodeStuck
	case errors.Is(err, ErrHits):
		code = CodeHits
	case errors.Is(err, ErrBusy):
		code = CodeBusy
	}
	return fault(code, "error", cut(err.Error()))
}

// quarantine records what is wrong with a slot, and what the kernel logged. The next check
// compares with the values read now, with lanes that went missing still counted.
func (k *Keeper) quarantine(ctx context.Context, slot int, f *Fault, seen map[string]Vitals) error {
	lines := k.kernel(ctx, slot)
	_, err := k.step(slot, faulty, func(e *Entry) {
		e.Holder, e.Fault, e.Kernel = "", f, lines
		if seen != nil {
			e.Seen = widest(e.Seen, seen)
		}
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("slot %d is quarantined, %s: %w", slot, f.Code, ErrState)
}

const (
	// maxLines of the kernel's lines are kept, of maxLine characters each.
	maxLines, maxLine = 20, 300
)

// kernel returns the kernel's last lines about a slot's functions. People read
// them later, and a guest can influence what the kernel logs.
func (k *Keeper) kernel(ctx context.Context, slot int) []string {
	if k.cfg.KernelLog == nil {
		return nil
	}
	text, err := k.cfg.KernelLog(ctx)
	if err != nil {
		return []string{cut("the kernel's log could not be read: " + err.Error())}
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if slices.ContainsFunc(k.kept[slot].record.Functions, func(fn binding.Function) bool { return strings.Contains(line, fn.Address.String()) }) {
			lines = append(lines, cut(line))
		}
	}
	return lines[max(0, len(lines)-maxLines):]
}

// cut turns a text into one line of printable characters.
func cut(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text))
	return text[:min(len(text), maxLine)]
}

// KernelLog reads the kernel's lines since its start from the system's journal.
func KernelLog(ctx context.Context) ([]byte, error) {
	return child.Run(ctx, child.Program{
		Argv:  []string{"/usr/bin/journalctl", "--dmesg", "--boot", "--lines=2000", "--no-pager", "--output=short-monotonic"},
		Limit: 20 * time.Second, MaxOutput: 4 << 20,
	})
}
