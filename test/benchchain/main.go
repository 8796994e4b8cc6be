// Command benchchain measures the chain's budgets on the real application with
// a real store on disk, and prints them as a table. It drives blocks through
// ABCI, so that only the application's work is compared; machines are queried
// over gRPC, as users do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/dbc-network/dbc/test/computer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	machines := flag.Int("machines", 100_000, "machines in the store, each with one open rental")
	due := flag.Int("due", 10_000, "of the rentals, the largest number that ends together")
	profile := flag.String("profile", "", "folder for CPU profiles of sends, rents and confirms, one of each round")
	flag.Parse()
	if err := run(ctx, os.Stdout, config{machines: *machines, due: *due, profile: *profile}); err != nil {
		fmt.Fprintln(os.Stderr, "benchchain:", err)
		os.Exit(1)
	}
}

// config of a run.
type config struct {
	machines, due int
	profile       string
}

// small is the number of machines in the store that the large one is compared
// with.
const small = 1_000

func (c config) validate() error {
	// Each stage of due rentals, and each rent of a free slot, uses separate
	// machines.
	if least := max(small, sum(stages(c.due))+rounds*each); c.due < 1 || c.machines < least {
		return fmt.Errorf("-due is %d, it must be at least 1; -machines is %d, it must be at least %d", c.due, c.machines, least)
	}
	return nil
}

func run(ctx context.Context, out io.Writer, cfg config) (err error) {
	if err := cfg.validate(); err != nil {
		return err
	}
	row := computer.Begin(out, fmt.Sprintf("%d machines, each with an open rental", cfg.machines)).Row
	w, err := newWorld(cfg.machines, stages(cfg.due), func(w *world, state []byte) error {
		return w.among(ctx, state, func(n *running) error {
			return w.measureLoad(ctx, row, n, cfg.profile)
		})
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	row("import of the genesis, until the first block", "%s", w.imported.Round(time.Second))
	if err := w.reopen(); err != nil {
		return err
	}
	if err := w.measureQueries(ctx, row); err != nil {
		return err
	}
	few, err := newWorld(small, nil, (*world).alone)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, few.close()) }()
	if err := w.measureIdle(ctx, row, few); err != nil {
		return err
	}
	if err := w.measureDue(ctx, row); err != nil {
		return err
	}
	return w.measureTrials(ctx, row)
}

// profiled writes a CPU profile of an action to a file in folder, unless that
// is empty.
func profiled(folder, name string, action func() error) (err error) {
	if folder == "" {
		return action()
	}
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		return fmt.Errorf("make profile: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return fmt.Errorf("begin profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return action()
}
