// Command mutation changes the code that decides about money, permissions and
// life cycles, one place at a time, and runs the tests that reach the place. A
// change that passes all tests is a missing test or an equivalent program; the
// latter are listed in equivalent.yaml with the reason.
//
// All mutants of all packages are compiled at once, each behind a switch, so that
// a mutant costs one run of the tests and no build.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

// config of a run.
type config struct {
	// root is the module's folder; dir is for build outputs and cached results.
	root, dir string
	known     string
	targets   []target
	// only are the mutants to try; tests are the names of the tests to use, by
	// the folders of these.
	only, by, tests *regexp.Regexp
	// slowest is the processor time from which on a test is not used.
	slowest time.Duration
	// jobs is the number of processes that run tests at once.
	jobs int
	// all prints all mutants, not only those that fail the run.
	all bool
}

// target is a package with mutants, and the packages whose tests have to kill
// them.
type target struct {
	folder string
	tests  []string
	// store reports that what the package calls fails only if the store fails,
	// which no test causes, so that error handling is not checked.
	store bool
}

var targets = []target{
	{folder: "auth", tests: []string{"auth"}},
	{folder: "rental", tests: []string{"rental", "x/rental/keeper"}},
	{folder: "lifecycle", tests: []string{"lifecycle"}},
	{folder: "x/internal/due", tests: []string{"x/internal/due", "x/machine/keeper", "x/rental/keeper"}, store: true},
	{folder: "x/internal/halt", tests: []string{"x/internal/halt", "x/machine/keeper", "x/rental/keeper"}, store: true},
	{folder: "x/machine/keeper", tests: []string{"x/machine/keeper", "x/rental/keeper", "app"}, store: true},
	{folder: "x/rental/keeper", tests: []string{"x/rental/keeper", "app"}, store: true},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cfg := config{targets: targets}
	only := flag.String("only", "", "expression for the mutants to try, of their place in the list: ^auth/, msg_bond_machines.go, delete")
	by := flag.String("by", "", "expression for the folders whose tests are used: ^x/rental/keeper")
	tests := flag.String("tests", "", "expression for the names of the tests to use; only what they kill is kept")
	flag.IntVar(&cfg.jobs, "jobs", runtime.NumCPU(), "number of processes that run tests at once")
	flag.StringVar(&cfg.root, "root", ".", "the module's folder")
	flag.StringVar(&cfg.dir, "dir", "build/mutation", "folder for what is built and kept")
	flag.StringVar(&cfg.known, "equivalent", "test/mutation/equivalent.yaml", "list of equivalent mutants")
	flag.DurationVar(&cfg.slowest, "slowest", 20*time.Second, "processor time from which on a test is not used")
	flag.BoolVar(&cfg.all, "v", false, "tell of killed, equivalent and not reached mutants too")
	flag.Parse()
	err := cfg.prepare(*only, *by, *tests)
	if err == nil {
		err = run(ctx, os.Stdout, slog.New(slog.NewTextHandler(os.Stderr, nil)), cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

// prepare makes the folders absolute, and removes targets that do not exist.
func (c *config) prepare(only, by, tests string) error {
	var err error
	if c.only, err = regexp.Compile(only); err != nil {
		return err
	}
	if c.by, err = regexp.Compile(by); err != nil {
		return err
	}
	if c.tests, err = regexp.Compile(tests); err != nil {
		return err
	}
	if c.root, err = filepath.Abs(c.root); err != nil {
		return err
	}
	if c.dir, err = filepath.Abs(c.dir); err != nil {
		return err
	}
	var there []target
	for _, t := range c.targets {
		if _, err := os.Stat(filepath.Join(c.root, t.folder)); err == nil {
			there = append(there, t)
		}
	}
	c.targets = there
	for _, name := range []string{"bin", "tmp"} {
		if err := os.MkdirAll(filepath.Join(c.dir, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}
