// Command benchapi measures what a client node adds to a call, how long a
// search over many machines takes, and how slow clients and strangers affect
// others. A compute node's API, a client node and the callers are separate
// processes on this computer, with the real API, gateway, libp2p hosts, journal
// and index, but no VMs and a generated market in place of a chain.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/dbc-network/dbc/test/computer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	machines := flag.Int("machines", 100_000, "machines in the index")
	calls := flag.Int("calls", 2_000, "calls of each row, half of them each way where two are compared")
	slow := flag.Int("slow", 1_000, "clients that hold a connection with half a request")
	only := flag.String("only", "", "measure only what strangers do to a renter, in rows that hold this; strangers for all of them")
	flag.Parse()
	err := func() error {
		if role := os.Getenv(asRole); role != "" {
			return be(ctx, role, *machines)
		}
		return run(ctx, os.Stdout, config{machines: *machines, calls: *calls, slow: *slow, only: *only})
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchapi:", err)
		os.Exit(1)
	}
}

// config of a run.
type config struct {
	machines, calls, slow int
	// only selects a single measurement; "" means all.
	only string
}

func run(ctx context.Context, out io.Writer, cfg config) error {
	row := computer.Begin(out, fmt.Sprintf("%d machines in the index, %d calls each row", cfg.machines, cfg.calls)).Row
	w, err := newWorld(ctx, cfg.machines)
	if err != nil {
		return err
	}
	defer w.close()
	row("index filled from pages of 500, until the first answer", "%v", w.filled)
	idle, err := computer.MemoryOf(w.client.cmd.Process.Pid)
	if err != nil {
		return err
	}
	row("resident memory of the idle client node, index on disk (budget ≤ 100 MiB)", "%v", idle)
	if cfg.only != "" {
		return w.amongStrangers(ctx, row, cfg.calls, cfg.only)
	}
	for _, callers := range []int{1, 64} {
		if err := w.compareCalls(ctx, row, cfg.calls, callers); err != nil {
			return err
		}
		if err := w.searches(ctx, row, cfg.calls/4, callers); err != nil {
			return err
		}
	}
	if err := w.amongSlow(ctx, row, cfg); err != nil {
		return err
	}
	if err := w.stalled(ctx, row); err != nil {
		return err
	}
	if err := w.amongStrangers(ctx, row, cfg.calls, cfg.only); err != nil {
		return err
	}
	busy, err := computer.MemoryOf(w.client.cmd.Process.Pid)
	if err != nil {
		return err
	}
	row("resident memory of the client node after all of it", "%v", busy)
	return nil
}
