// Command benchchain measures the chain's budgets on the real application and
// a real store on disk, and prints them as a table. It drives blocks by ABCI,
// so that what is compared is the work of the application alone; machines are
// asked for over gRPC, as users do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	machines := flag.Int("machines", 100_000, "machines in the store, each with one open rental")
	due := flag.Int("due", 10_000, "of the rentals, those that end together")
	flag.Parse()
	if err := run(ctx, os.Stdout, *machines, *due); err != nil {
		fmt.Fprintln(os.Stderr, "benchchain:", err)
		os.Exit(1)
	}
}

// small is the store that the large one is compared with.
const small = 1_000

func run(ctx context.Context, out io.Writer, machines, due int) (err error) {
	if machines < small || due < 1 || due > machines {
		return fmt.Errorf("-machines is %d, it must be at least %d; -due is %d, it must be 1 to -machines", machines, small, due)
	}
	idle, err := idleBlock(ctx)
	if err != nil {
		return err
	}
	w, err := newWorld(machines, due)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	_, _ = fmt.Fprintf(out, "%s, %d cores, Go %s; %d machines, %d open rentals, imported in %s\n\n| what | measured |\n|---|---|\n",
		cpu(), runtime.NumCPU(), strings.TrimPrefix(runtime.Version(), "go"), machines, machines, w.imported.Round(time.Second))
	row := func(what, format string, values ...any) {
		_, _ = fmt.Fprintf(out, "| %s | %s |\n", what, fmt.Sprintf(format, values...))
	}
	if err := w.measureIdle(ctx, row, idle); err != nil {
		return err
	}
	if err := w.measureLoad(ctx, row); err != nil {
		return err
	}
	if err := w.measureQueries(ctx, row); err != nil {
		return err
	}
	return w.measureDue(ctx, row)
}

// idleBlock is the time of an empty block in the small store.
func idleBlock(ctx context.Context) (_ time.Duration, err error) {
	w, err := newWorld(small, 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	return w.emptyBlocks(ctx)
}

func cpu() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
