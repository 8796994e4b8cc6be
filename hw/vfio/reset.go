package vfio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/child"
	"github.com/dbc-network/dbc/hw/pci"
)

// Step is one reset: of a function by itself, or of everything below its port.
type Step struct {
	// Hot is a hot reset through VFIO; otherwise it is a function's FLR.
	Hot bool
	// Functions are the one to reset; for a hot reset all that may be affected.
	Functions []pci.Address
}

// Steps returns the resets that bring a slot back to a clean state. A bus reset
// in the kernel's list means nothing; FLR in it does.
func Steps(tree pci.Tree, slot binding.Slot) []Step {
	var steps []Step
	var all, hot []pci.Address
	var own []pci.Function
	for _, fn := range slot.Functions {
		all = append(all, fn.Address)
		f, ok := tree.Function(fn.Address)
		if ok && (f.Offers("flr") || f.Offers("af_flr")) {
			own = append(own, f)
			steps = append(steps, Step{Functions: []pci.Address{f.Address}})
		}
	}
	for _, fn := range slot.Functions {
		f, ok := tree.Function(fn.Address)
		if !ok || slices.ContainsFunc(own, func(o pci.Function) bool { return o.Address == f.Address }) {
			continue
		}
		// A card's audio and USB keep no data of a renter, and the bus reset of a
		// card whose GPU has FLR is known to fail on some.
		beside := func(o pci.Function) bool { return !isPart(o) && o.Address.SameDevice(f.Address) }
		covered := slices.ContainsFunc(hot, f.Address.SameDevice)
		if isPart(f) && slices.ContainsFunc(own, beside) || covered {
			continue
		}
		hot = append(hot, f.Address)
	}
	for _, at := range hot {
		steps = append(steps, Step{Hot: true, Functions: append([]pci.Address{at}, slices.DeleteFunc(slices.Clone(all), func(a pci.Address) bool { return a == at })...)})
	}
	return steps
}

func isPart(f pci.Function) bool {
	switch f.Class.Kind() {
	case pci.ClassAudio, pci.ClassUSB, pci.ClassSerialOther:
		return true
	}
	return false
}

// resetLimit is how long a reset may take: the kernel gives up on a function
// after 65 seconds.
const resetLimit = 120 * time.Second

// Exit codes of a child process, for errors that have a meaning.
const (
	exitFailed = 1
	exitHits   = 64
	exitBusy   = 65
)

// Child returns a Reset that runs a program for each step, which calls Main with
// the appended arguments: a write that blocks in the kernel is left behind.
func Child(argv []string) func(ctx context.Context, steps []Step) error {
	return func(ctx context.Context, steps []Step) error {
		for _, s := range steps {
			args := append(slices.Clone(argv), "flr")
			if s.Hot {
				args[len(args)-1] = "hot"
			}
			for _, at := range s.Functions {
				args = append(args, at.String())
			}
			_, err := child.Run(ctx, child.Program{Argv: args, Limit: resetLimit, MaxOutput: 4 << 10})
			if err = meant(ctx, err); err != nil {
				return err
			}
		}
		return nil
	}
}

// meant translates the end of a child process into an error.
func meant(ctx context.Context, err error) error {
	var exit *exec.ExitError
	ended := errors.As(err, &exit)
	switch {
	case err == nil, ctx.Err() != nil, errors.Is(err, child.ErrDeadline), errors.Is(err, child.ErrOutput):
		return err
	case !ended, exit.ExitCode() < 0: // it was not started, or was killed
		return fmt.Errorf("%w: %w", ErrUndone, err)
	case exit.ExitCode() == exitHits:
		return fmt.Errorf("%w: %w", ErrHits, err)
	case exit.ExitCode() == exitBusy:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}

// Main is what the child process does with the arguments of Child, below a root:
// it returns the exit code, and why.
func Main(root string, args []string) (int, error) {
	err := one(root, args)
	switch {
	case err == nil:
		return 0, nil
	case errors.Is(err, ErrHits):
		return exitHits, err
	case errors.Is(err, ErrBusy):
		return exitBusy, err
	}
	return exitFailed, err
}

func one(root string, args []string) error {
	if len(args) < 2 {
		return errors.New("want flr or hot, and addresses")
	}
	var functions []pci.Address
	for _, text := range args[1:] {
		at, err := pci.ParseAddress(text)
		if err != nil {
			return err
		}
		functions = append(functions, at)
	}
	at, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	switch args[0] {
	case "flr":
		return flr(at, functions[0])
	case "hot":
		return hotReset(at, functions)
	}
	return fmt.Errorf("%.16q is neither flr nor hot", args[0])
}

// flr resets a function by itself. Only a card that vfio-pci has, and that nobody
// has open, is ever reset.
func flr(root *os.Root, at pci.Address) error {
	group, err := groupOf(root, at)
	if err != nil {
		return err
	}
	f, err := openGroup(root, group)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	// Conventional PCI functions name it differently; the kernel refuses the wrong name.
	method := "flr"
	has := strings.Fields(hw.Files{Root: root}.Text(path.Join(devices, at.String(), "reset_method")))
	if !slices.Contains(has, method) && slices.Contains(has, "af_flr") {
		method = "af_flr"
	}
	sysfs := binding.Sysfs{Root: root}
	for _, w := range [][2]string{{"reset_method", method}, {"reset", "1"}} {
		if err := sysfs.Write(path.Join(devices, at.String(), w[0]), w[1]); err != nil {
			return err
		}
	}
	return nil
}

// groupOf returns the IOMMU group of a function that vfio-pci has.
func groupOf(root *os.Root, at pci.Address) (string, error) {
	dir := path.Join(devices, at.String())
	to, err := root.Readlink(path.Join(dir, "driver"))
	if err != nil || path.Base(to) != driver {
		return "", fmt.Errorf("%s is not bound to %s", at, driver)
	}
	group, err := root.Readlink(path.Join(dir, "iommu_group"))
	if err != nil {
		return "", fmt.Errorf("%s has no IOMMU group: %w", at, err)
	}
	if group = path.Base(group); strings.Trim(group, "0123456789") != "" {
		return "", fmt.Errorf("%s has the IOMMU group %.16q", at, group)
	}
	return group, nil
}
