//go:build linux

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/hw/binding"
	"github.com/dbc-network/dbc/hw/gpu"
	"github.com/dbc-network/dbc/hw/measure"
)

// errCards means that a card that is kept for VMs cannot be given to one.
var errCards = errors.New("not every card is bound")

const (
	// rebuildLimit is how long building a new initramfs may take, loadLimit loading
	// modules.
	rebuildLimit, loadLimit = 15 * time.Minute, 30 * time.Second
	// installed is where the boot unit finds this program on another computer.
	installed = "/usr/local/bin/dbc"
)

func newHostGPUCommand(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "gpu",
		Short:   "Keep cards for VMs from the computer's start on",
		Example: "  dbc host gpu bind\n  dbc host gpu unbind",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newHostGPUBindCommand(s), newHostGPUUnbindCommand(s), newHostGPUApplyCommand(s), newHostGPUFactsCommand(s),
		newHostGPUSlotsCommand(s), newHostGPUCheckCommand(s))
	return cmd
}

const gpuRootHelp = "folder that stands for /; with another one no command is run"

type bindReply struct {
	Slots  []binding.Slot `json:"slots"`
	Out    []gpu.Slot     `json:"out"`
	Change binding.Change `json:"change"`
}

func newHostGPUBindCommand(s *settings) *cobra.Command {
	var root string
	var slots []int
	var tools measure.Tools
	cmd := &cobra.Command{
		Use:   "bind",
		Short: "Write what binds cards to vfio-pci from the next start on",
		Long: "Records the cards in /etc/dbc/gpus.toml, writes a boot unit, the modules to load and, where this system has an\n" +
			"initramfs, what keeps drivers off the cards there, and says what it wrote. A driver that has a card now is left\n" +
			"alone: a reboot is due. Without --slot the largest set of slots that are alike is taken, which is what a machine\n" +
			"can list. A file that this command did not write is never overwritten. dbc host gpu unbind reverts all of it.\n\n" +
			"Asks nvidia-smi or rocm-smi for UUID, memory, VBIOS, power limit, ECC, MIG and CC mode of each card first, and keeps\n" +
			"that in the same file: once vfio-pci has a card nobody can read it.",
		Example: "  dbc host gpu bind\n  dbc host gpu bind --slot 0 --slot 2",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, out, err := binding.Select(root, slots)
			if err != nil {
				return err
			}
			if err := measured(cmd, root, tools, &f); err != nil {
				return err
			}
			cfg, err := gpuConfig(cmd, root)
			if err != nil {
				return err
			}
			change, err := binding.Bind(cfg, f)
			if err != nil {
				return dueAfter(err, change)
			}
			return s.show(cmd, bindReply{f.Slots, append([]gpu.Slot{}, out...), change}, func(w io.Writer) { bindText(w, f, out, change) })
		},
	}
	cmd.Flags().StringVar(&root, "root", "/", gpuRootHelp)
	cmd.Flags().IntSliceVar(&slots, "slot", nil, "index of a slot of dbc host inventory; can be repeated")
	cmd.Flags().StringVar(&tools.Nvidia, "nvidia-smi", "", "program to ask of NVIDIA's cards (default where its package puts it)")
	cmd.Flags().StringVar(&tools.ROCm, "rocm-smi", "", "program to ask of AMD's cards (default where its package puts it)")
	return cmd
}

func newHostGPUUnbindCommand(s *settings) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:     "unbind",
		Short:   "Remove what dbc host gpu bind wrote; the cards are free from the next start on",
		Example: "  dbc host gpu unbind",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := gpuConfig(cmd, root)
			if err != nil {
				return err
			}
			change, err := binding.Unbind(cfg)
			if err != nil {
				return dueAfter(err, change)
			}
			return s.show(cmd, change, func(w io.Writer) { changeText(w, change) })
		},
	}
	cmd.Flags().StringVar(&root, "root", "/", gpuRootHelp)
	return cmd
}

func newHostGPUApplyCommand(s *settings) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Bind the cards now, as the boot unit does",
		Long: "Binds the cards of /etc/dbc/gpus.toml to vfio-pci where nothing holds them. A card that is not the one in the\n" +
			"file, or that a driver has, is left alone and named. Exit code 1 if any is.",
		Example: "  dbc host gpu apply",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := os.OpenRoot(root)
			if err != nil {
				return err
			}
			defer func() { _ = at.Close() }()
			kernel := binding.Sysfs{Root: at}
			if root == "/" {
				kernel.LoadModules = func() error {
					return runFor(cmd.Context(), cmd.ErrOrStderr(), loadLimit, []string{"modprobe", "-a", "vfio", "vfio_iommu_type1", "vfio_pci"})
				}
			}
			outcomes, err := binding.Apply(root, kernel)
			if err != nil {
				return err
			}
			if err := s.show(cmd, outcomes, func(w io.Writer) { outcomesText(w, outcomes) }); err != nil {
				return err
			}
			if slices.ContainsFunc(outcomes, binding.Outcome.Failed) {
				return errCards
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&root, "root", "/", gpuRootHelp)
	return cmd
}

// measured asks the vendors' programs about the cards, and keeps what an earlier
// binding recorded. Without an answer cards are still bound, and it says what is
// missing.
func measured(cmd *cobra.Command, root string, tools measure.Tools, f *binding.File) error {
	if installed := measure.Installed(); root == "/" {
		tools.Nvidia, tools.ROCm = cmp.Or(tools.Nvidia, installed.Nvidia), cmp.Or(tools.ROCm, installed.ROCm)
	}
	at, err := os.OpenRoot(root)
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	earlier, err := binding.Load(at)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	cards, err := measure.Read(cmd.Context(), tools)
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), "dbc:", err)
	}
	f.Record(cards, earlier)
	return cmd.Context().Err()
}

// measuredText says what is known about a GPU, and what is not.
func measuredText(w io.Writer, fn binding.Function) {
	var facts measure.Facts
	if fn.Measured != nil {
		facts = *fn.Measured
	}
	said := []string{}
	for _, v := range []struct{ name, value string }{
		{"", facts.UUID}, {"serial ", facts.Serial}, {"VBIOS ", facts.VBIOS}, {"ECC ", string(facts.ECC)}, {"MIG ", string(facts.MIG)}, {"CC ", string(facts.CC)},
	} {
		if v.value != "" {
			said = append(said, v.name+v.value)
		}
	}
	if facts.VRAMMiB > 0 {
		said = append(said, fmt.Sprintf("%d MiB", facts.VRAMMiB))
	}
	if facts.PowerLimitMW > 0 {
		said = append(said, fmt.Sprintf("at most %d W", facts.PowerLimitMW/1000))
	}
	if missing := facts.Missing(); len(missing) > 0 {
		said = append(said, "not measured: "+strings.Join(missing, ", "))
	}
	fmt.Fprintf(w, "  %s: %s\n", fn.Address, strings.Join(said, "; "))
}

// gpuConfig says where binding happens. Commands are run, and this program is
// started at boot, only for this computer.
func gpuConfig(cmd *cobra.Command, root string) (binding.Config, error) {
	cfg := binding.Config{Root: root, Program: installed}
	if root != "/" {
		return cfg, nil
	}
	program, err := os.Executable()
	if err == nil {
		program, err = filepath.EvalSymlinks(program)
	}
	if err != nil {
		return cfg, fmt.Errorf("find this program: %w", err)
	}
	if err := binding.CheckProgram(program); err != nil {
		return cfg, fmt.Errorf("%w; install it first, as root: install -m 0755 %s %s", err, program, installed)
	}
	cfg.Program = program
	cfg.Run = func(argv []string) error { return runFor(cmd.Context(), cmd.ErrOrStderr(), rebuildLimit, argv) }
	return cfg, nil
}

// runFor runs a system command, whose output goes to the error output.
func runFor(ctx context.Context, words io.Writer, limit time.Duration, argv []string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	run := exec.CommandContext(ctx, argv[0], argv[1:]...)
	run.Stdout, run.Stderr, run.WaitDelay = words, words, 10*time.Second
	return run.Run()
}

// dueAfter adds to an error what has to be run after the cause is fixed.
func dueAfter(err error, change binding.Change) error {
	if len(change.Due) == 0 {
		return err
	}
	return fmt.Errorf("%w; still due: %s, or the same command again", err, commandLines(change.Due))
}

func commandLines(list [][]string) string {
	lines := make([]string, 0, len(list))
	for _, argv := range list {
		lines = append(lines, strings.Join(argv, " "))
	}
	return strings.Join(lines, " && ")
}

func bindText(w io.Writer, f binding.File, out []gpu.Slot, change binding.Change) {
	for _, slot := range f.Slots {
		fmt.Fprintf(w, "Slot of number %d:", slot.Number)
		for _, fn := range slot.Functions {
			fmt.Fprintf(w, " %s (%s)", fn.Address, fn.IDs)
		}
		fmt.Fprintln(w)
		for _, fn := range slot.Functions {
			if fn.IsGPU() {
				measuredText(w, fn)
			}
		}
	}
	for _, slot := range out {
		fmt.Fprintf(w, "Not bound: %s\n", joined(slot.Functions))
	}
	changeText(w, change)
}

func changeText(w io.Writer, change binding.Change) {
	for _, file := range change.Written {
		fmt.Fprintf(w, "Wrote %s\n", file)
	}
	for _, file := range change.Removed {
		fmt.Fprintf(w, "Removed %s\n", file)
	}
	for _, file := range change.Kept {
		fmt.Fprintf(w, "Left %s, which was changed since\n", file)
	}
	if len(change.Ran) > 0 {
		fmt.Fprintf(w, "Ran: %s\n", commandLines(change.Ran))
	}
	if len(change.Due) > 0 {
		fmt.Fprintf(w, "To run: %s\n", commandLines(change.Due))
	}
	if change.Reboot {
		fmt.Fprintln(w, "Reboot now: it takes effect when the computer starts.")
	} else {
		fmt.Fprintln(w, "vfio-pci has all of them already.")
	}
}

func outcomesText(w io.Writer, outcomes []binding.Outcome) {
	for _, o := range outcomes {
		fmt.Fprintf(w, "Slot %d, %s: %s\n", o.Slot, o.Function, outcomeWords[o.Code](o.Params))
	}
}

// outcomeWords says what happened to a function, and what to do.
var outcomeWords = map[binding.Code]func(p map[string]string) string{
	binding.CodeBound:   func(map[string]string) string { return "bound to vfio-pci" },
	binding.CodeAlready: func(map[string]string) string { return "vfio-pci has it already" },
	binding.CodeAbsent: func(map[string]string) string {
		return "nothing is at this address; after cards were moved: dbc host gpu bind"
	},
	binding.CodeOther: func(p map[string]string) string {
		return fmt.Sprintf("left alone, for it is another card: %s is %s, recorded is %s; after cards were changed: dbc host gpu bind", p["field"], p["have"], p["want"])
	},
	binding.CodeNoSlot: func(map[string]string) string {
		return "left alone, for it cannot be passed to a VM as it is recorded; dbc host inventory says why"
	},
	binding.CodeLive: func(p map[string]string) string {
		return fmt.Sprintf("left alone, for %s has it; it is bound when the computer starts", shown(p["driver"]))
	},
	binding.CodeNotTaken: func(map[string]string) string { return "vfio-pci did not take it; look at: journalctl -k" },
	binding.CodeWrite: func(p map[string]string) string {
		return "the kernel refused: " + shown(p["error"])
	},
}
