package cards_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/vfio"
	"github.com/dbc-network/dbc/node/guests/cards"
	"github.com/dbc-network/dbc/vm"
)

// paper is a hypervisor that outlives the program: its domains are in a file. Each
// call is a step before and one after it.
type paper struct {
	vm.Driver // no other method is called
	path      string
	die       func(step string)
}

type sheet struct {
	Devices []vm.PCIDevice
	Running bool
}

func (p paper) read() map[vm.UUID]sheet {
	domains := map[vm.UUID]sheet{}
	if text, err := os.ReadFile(p.path); err == nil {
		_ = json.Unmarshal(text, &domains)
	}
	return domains
}

func (p paper) change(step string, id vm.UUID, change func(map[vm.UUID]sheet)) error {
	p.die("before " + step)
	domains := p.read()
	change(domains)
	text, err := json.Marshal(domains)
	if err == nil {
		err = os.WriteFile(p.path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(p.path+".new", p.path)
	}
	p.die("after " + step + " of " + string(id))
	return err
}

func (p paper) Define(_ context.Context, s vm.Spec) error {
	return p.change("define", s.UUID, func(d map[vm.UUID]sheet) { d[s.UUID] = sheet{s.Devices, d[s.UUID].Running} })
}

func (p paper) Start(_ context.Context, id vm.UUID) error {
	return p.change("start", id, func(d map[vm.UUID]sheet) { d[id] = sheet{d[id].Devices, true} })
}

func (p paper) Stop(_ context.Context, id vm.UUID) error {
	return p.change("stop", id, func(d map[vm.UUID]sheet) {
		if s, ok := d[id]; ok {
			d[id] = sheet{s.Devices, false}
		}
	})
}

func (p paper) Undefine(_ context.Context, id vm.UUID) error {
	return p.change("undefine", id, func(d map[vm.UUID]sheet) { delete(d, id) })
}

func (p paper) Get(_ context.Context, id vm.UUID) (vm.Domain, error) {
	s, ok := p.read()[id]
	if !ok {
		return vm.Domain{}, vm.ErrNotFound
	}
	state := vm.StateOff
	if s.Running {
		state = vm.StateRunning
	}
	return vm.Domain{UUID: id, State: state}, nil
}

func (p paper) Passings(context.Context) ([]vm.Passing, error) {
	var list []vm.Passing
	for id, s := range p.read() {
		if len(s.Devices) > 0 {
			list = append(list, vm.Passing{UUID: id, Active: s.Running, Devices: s.Devices})
		}
	}
	return list, nil
}

// script is what a killed program was doing.
type script struct {
	Root, Dir string
	Kill      int
}

// trace is written outside the journal: what happened to the card.
func (s script) trace(what string) {
	f, err := os.OpenFile(filepath.Join(s.Dir, "trace"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(f, what)
	_ = f.Close()
}

func (s script) open(die func(string)) (*cards.Driver, error) {
	return cards.Open(context.Background(), cards.Config{
		Root: s.Root, Journal: filepath.Join(s.Dir, "cards.json"), Lock: filepath.Join(s.Dir, "lock"), Logger: slog.New(slog.DiscardHandler),
		Hypervisor: paper{path: filepath.Join(s.Dir, "domains"), die: die},
		Reset: func(_ context.Context, steps []vfio.Step) error {
			if steps[0].Functions[0].Bus != 1 {
				return nil
			}
			die("before reset")
			s.trace("reset")
			die("after reset")
			return nil
		},
	})
}

// live has two VMs use a card one after the other, as a node does that repeats
// each step until it succeeds.
func (s script) live(d *cards.Driver) error {
	ctx := context.Background()
	for _, name := range []string{"a", "b"} {
		if _, err := os.Stat(filepath.Join(s.Dir, "ended "+name)); err == nil {
			continue
		}
		if err := errors.Join(d.Define(ctx, spec(name, 0)), d.Start(ctx, id(name))); err != nil {
			return err
		}
		s.trace("used by " + name)
		if err := errors.Join(d.Stop(ctx, id(name)), d.Start(ctx, id(name)), d.Stop(ctx, id(name)), d.Undefine(ctx, id(name))); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.Dir, "ended "+name), nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// life is the program that is killed at a step.
func life(file string) int {
	text, err := os.ReadFile(file)
	var s script
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return 2
	}
	left := make(chan int, 1)
	left <- s.Kill
	d, err := s.open(func(step string) {
		n := <-left
		if n == 0 {
			fmt.Println(step)
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		left <- n - 1
	})
	if err == nil {
		err = errors.Join(s.live(d), settled(d), d.Close())
	}
	if err != nil {
		fmt.Println(err)
		return 3
	}
	return 0
}

// settled waits until no card is in use or being reset.
func settled(d *cards.Driver) error {
	pause := time.NewTicker(time.Millisecond)
	defer pause.Stop()
	for range 10000 {
		list, err := d.Slots(context.Background())
		if err != nil {
			return err
		}
		if list[0].State == vm.SlotReady {
			return nil
		}
		<-pause.C
	}
	return errors.New("the card did not come back")
}

// Killed at any step between reservation, define, start, end and reset, the next
// program finds correct states, and the node's next attempt succeeds: a VM that is
// defined with a card has it, and between two VMs the card was reset.
func TestKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must(t, b.driver.Close())
	for n := 0; ; n++ {
		s := script{b.root, t.TempDir(), n}
		text, err := json.Marshal(s)
		must(t, err)
		file := filepath.Join(s.Dir, "script")
		must(t, os.WriteFile(file, text, 0o600))
		out, err := exec.CommandContext(t.Context(), os.Args[0], "life", file).Output()
		if err == nil {
			if n < 20 {
				t.Fatalf("only %d steps", n)
			}
			return
		}
		at := fmt.Sprintf("step %d, %s", n, strings.TrimSpace(string(out)))
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != -1 {
			t.Fatalf("%s: %v", at, err)
		}
		domains := paper{path: filepath.Join(s.Dir, "domains")}.read()
		d, err := s.open(func(string) {})
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		slots, err := d.Slots(t.Context())
		must(t, err)
		for holder, domain := range domains {
			if len(domain.Devices) > 0 && (slots[0].State != vm.SlotInUse || slots[0].Holder != holder) {
				t.Errorf("%s: %s is defined with the card, which is %s of %q", at, holder, slots[0].State, slots[0].Holder)
			}
		}
		if err := errors.Join(s.live(d), settled(d), d.Close()); err != nil {
			t.Errorf("%s: %v", at, err)
		}
		trace, err := os.ReadFile(filepath.Join(s.Dir, "trace"))
		must(t, err)
		last := ""
		for line := range strings.Lines(string(trace)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "used") && last != line && last != "reset" {
				t.Errorf("%s: no reset before %q:\n%s", at, line, trace)
			}
			last = line
		}
		if last != "reset" {
			t.Errorf("%s: the card was not reset at the end:\n%s", at, trace)
		}
	}
}
