package vfio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/pci"
)

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

// The real child: FLR writes only to the function's own attributes, and only if
// vfio-pci has it; a hot reset gets as far as it can on a computer without
// VFIO.
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
	// The kernel takes only the name of a method that the function has.
	b.write(own.String(), "reset_method", "af_flr bus")
	if err := reset(t.Context(), []Step{{Functions: []pci.Address{own}}}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(b.root, devices, own.String(), "reset_method")); err != nil || string(text) != "af_flr" {
		t.Errorf("%q, %v", text, err)
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

// script is what a killed program was doing: life continues it, writing down
// outside the journal what it relies on.
type script struct {
	Root, Journal, Trace string
	Slots                []binding.Slot
	Kill                 int
}

// life takes a card, starts a VM, ends it, and gives the card to the next, and
// kills itself at one step.
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

// Killed at any step, the next program finds a correct state: a card that a VM
// was started with is not ready before it was reset.
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
		// The next program brings the card to the next VM.
		if err := errors.Join(k.Recover(t.Context()), k.Release(t.Context(), 0, e.Holder), k.Take(t.Context(), 0, "next"), k.Close()); err != nil {
			t.Errorf("step %d, %s of %q: %v", n, e.State, e.Holder, err)
		}
	}
}

// A reset that was not started, or whose process somebody else ended, says nothing about
// the card: it is due, and not quarantined. When short of memory, the kernel kills the
// child first.
func TestUndone(t *testing.T) {
	t.Parallel()
	for name, argv := range map[string][]string{
		"no program": {"/nowhere/dbc"},
		"killed":     {"/bin/sh", "-c", "kill -9 $$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t).ready()
			ctx := t.Context()
			if err := b.keeper.Take(ctx, 0, "a"); err != nil {
				t.Fatal(err)
			}
			b.cfg.Reset = Child(argv)
			b.open()
			if err := b.keeper.Release(ctx, 0, "a"); !errors.Is(err, ErrUndone) {
				t.Errorf("%v", err)
			}
			b.want(0, Resetting)
			b.cfg.Reset = b.reset
			b.open()
			if err := b.keeper.Settle(ctx, 0); err != nil {
				t.Error(err)
			}
			b.want(0, Ready)
		})
	}
}
