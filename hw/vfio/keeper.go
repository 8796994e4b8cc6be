package vfio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/child"
)

// Config is how cards are kept.
type Config struct {
	// Root stands for / before sys and dev.
	Root string
	// Journal is the file of states, in a folder that is there.
	Journal string
	// Slots are the host's, of gpus.toml.
	Slots []binding.Slot
	// Reset brings functions back to a clean state, each by its steps. It is a
	// child process with a deadline: Child makes one.
	Reset func(ctx context.Context, steps []Step) error
	// KernelLog returns the kernel's latest lines; nil leaves them out.
	KernelLog func(ctx context.Context) ([]byte, error)
	Now       func() time.Time

	before func(step string)
}

// Keeper keeps the states of a host's slots. Its methods can be called at once
// from several goroutines; what concerns one slot is done in turn.
type Keeper struct {
	cfg  Config
	root *os.Root
	keys []string
	// turns serialize what concerns a slot, mu guards the journal.
	turns []sync.Mutex
	mu    sync.Mutex
	log   *journal
}

// Open reads the states. A slot that the journal does not know has to be reset
// before it is ready: nobody knows who had it. Recover does that.
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
	k := &Keeper{cfg: cfg, root: root, turns: make([]sync.Mutex, len(cfg.Slots)), log: log}
	for _, s := range cfg.Slots {
		k.keys = append(k.keys, s.Functions[0].Address.String()+" "+s.Functions[0].IDs.String())
	}
	return k, nil
}

// Close frees what Open took.
func (k *Keeper) Close() error { return k.root.Close() }

// Entry returns what is known of a slot.
func (k *Keeper) Entry(slot int) (Entry, error) {
	if slot < 0 || slot >= len(k.keys) {
		return Entry{}, fmt.Errorf("%w: %d of %d", ErrSlot, slot, len(k.keys))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	e, known := k.log.all.Slots[k.keys[slot]]
	if !known {
		return Entry{State: Resetting}, nil
	}
	return e, nil
}

// step writes a slot's next state down, as change leaves it.
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
	return entry, k.log.set(k.keys[slot], entry)
}

// Take gives a slot to a VM, and must return before the VM is started. Whoever
// has it may take it again: a VM that is stopped and started keeps its card. The
// card is looked at first: one that went bad while nobody had it is quarantined.
func (k *Keeper) Take(ctx context.Context, slot int, holder string) error {
	if holder == "" {
		return fmt.Errorf("slot %d: %w: no VM is named", slot, ErrState)
	}
	done, err := k.turn(slot)
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
	if f := c.identify(k.cfg.Slots[slot]); f != nil {
		if _, err := k.step(slot, checked, func(*Entry) {}); err != nil {
			return err
		}
		return k.quarantine(ctx, slot, f, nil)
	}
	_, err = k.step(slot, taken, func(e *Entry) { e.Holder = holder })
	return err
}

// Release takes a slot back from a VM that has ended for good, and resets it. It
// is nil where the slot is ready again, and wraps ErrState where it had to be
// quarantined. For a VM that does not have the slot it does nothing.
func (k *Keeper) Release(ctx context.Context, slot int, holder string) error {
	done, err := k.turn(slot)
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

// Recover resets the slots that were being reset, or of which nothing is known,
// after a start. The VMs that have slots are the caller's to compare.
func (k *Keeper) Recover(ctx context.Context) error {
	var failed []error
	for slot := range k.keys {
		done, err := k.turn(slot)
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

// Check resets a slot that nobody has and looks at it again, as its host asked:
// the only way out of quarantine.
func (k *Keeper) Check(ctx context.Context, slot int) error {
	done, err := k.turn(slot)
	if err != nil {
		return err
	}
	defer done()
	if _, err := k.step(slot, checked, func(*Entry) {}); err != nil {
		return err
	}
	return k.reset(ctx, slot)
}

func (k *Keeper) turn(slot int) (done func(), err error) {
	if slot < 0 || slot >= len(k.keys) {
		return nil, fmt.Errorf("%w: %d of %d", ErrSlot, slot, len(k.keys))
	}
	k.turns[slot].Lock()
	return k.turns[slot].Unlock, nil
}

// reset brings a slot in state Resetting to Ready or Quarantined.
func (k *Keeper) reset(ctx context.Context, slot int) error {
	seen, f, err := k.restore(ctx, slot)
	if err != nil {
		return err // the state is still Resetting: it is tried again
	}
	if f != nil {
		return k.quarantine(ctx, slot, f, seen)
	}
	_, err = k.step(slot, clean, func(e *Entry) { *e = Entry{State: e.State, Since: e.Since, Seen: seen} })
	return err
}

// restore resets a slot's functions and compares them with their record. A
// context that ends is no fault of the card's.
func (k *Keeper) restore(ctx context.Context, slot int) (map[string]Vitals, *Fault, error) {
	before, err := k.Entry(slot)
	if err != nil {
		return nil, nil, err
	}
	record := k.cfg.Slots[slot]
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
		return nil, faultOf(err), nil
	}
	if c, err = k.look(); err != nil {
		return nil, nil, err
	}
	if f := c.identify(record); f != nil {
		return nil, f, nil
	}
	seen := c.vitals(record)
	return seen, worse(record, before.Seen, seen), nil
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

// quarantine writes down what is wrong with a slot, and what the kernel says. The
// next check compares with what was seen now, but for lanes that went missing.
func (k *Keeper) quarantine(ctx context.Context, slot int, f *Fault, seen map[string]Vitals) error {
	lines := k.kernel(ctx, slot)
	_, err := k.step(slot, faulty, func(e *Entry) {
		e.Holder, e.Fault, e.Kernel = "", f, lines
		for at, now := range seen {
			now.Width = max(now.Width, e.Seen[at].Width)
			seen[at] = now
		}
		if seen != nil {
			e.Seen = seen
		}
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("slot %d is quarantined, %s: %w", slot, f.Code, ErrState)
}

const (
	// maxLines of the kernel's are kept, of maxLine characters each.
	maxLines, maxLine = 20, 300
)

// kernel returns what the kernel said last of a slot's functions. They are read
// by people later, and a guest can make the kernel say things.
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
		if slices.ContainsFunc(k.cfg.Slots[slot].Functions, func(fn binding.Function) bool { return strings.Contains(line, fn.Address.String()) }) {
			lines = append(lines, cut(line))
		}
	}
	return lines[max(0, len(lines)-maxLines):]
}

// cut makes a text one line of printable characters.
func cut(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text))
	return text[:min(len(text), maxLine)]
}

// KernelLog asks the system's journal for the kernel's lines since it started.
func KernelLog(ctx context.Context) ([]byte, error) {
	return child.Run(ctx, child.Program{
		Argv:  []string{"/usr/bin/journalctl", "--dmesg", "--boot", "--lines=2000", "--no-pager", "--output=short-monotonic"},
		Limit: 20 * time.Second, MaxOutput: 4 << 20,
	})
}
