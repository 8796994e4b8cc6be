// Command benchflood floods four real validators, on the network that dbcd init
// makes, with junk that pays for its gas, and measures what becomes of messages
// with a deadline and of the block interval. It fails where they are worse than
// promised.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/dbc-network/dbc/test/computer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cfg config
	flag.StringVar(&cfg.dbcd, "dbcd", "", "the daemon's file; built when empty")
	flag.IntVar(&cfg.blocks, "blocks", 6, "blocks of each flood before the messages are sent, and after")
	flag.StringVar(&cfg.dir, "dir", "", "an absent folder for homes and logs, which is kept; a temporary one when empty")
	only := flag.String("only", "", "comma-separated kinds of floods; all when empty: "+strings.Join(kinds(), ", "))
	flag.Parse()
	cfg.only = *only
	if err := run(ctx, cfg); err != nil {
		fmt.Fprintln(os.Stderr, "benchflood:", err)
		os.Exit(1)
	}
}

type config struct {
	dbcd   string
	dir    string
	blocks int
	only   string
}

const (
	// mostBlocks until a message with a deadline is in a block.
	mostBlocks = 3
	// mostSlower is how many times the interval without a flood a flood may make it.
	mostSlower = 2
)

func run(ctx context.Context, cfg config) (err error) {
	if cfg.dir == "" {
		dir, err := os.MkdirTemp("", "benchflood")
		if err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		cfg.dir = filepath.Join(dir, "net")
	}
	w, err := newWorld(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := w.Stop(); err == nil {
			err = stopped
		}
	}()
	row := computer.Begin(os.Stdout, "four validators as dbcd init makes them, all on this computer").Row
	idle, err := w.interval(ctx, cfg.blocks)
	if err != nil {
		return err
	}
	row("block interval without a flood", "%s", idle.Round(time.Millisecond))
	var worse []string
	for _, f := range floods {
		if cfg.only != "" && !strings.Contains(","+cfg.only+",", ","+f.name+",") {
			continue
		}
		m, err := w.measure(ctx, f, cfg.blocks)
		if err != nil {
			return fmt.Errorf("flood of %s: %w", f.name, err)
		}
		slower := float64(m.interval) / float64(idle)
		row("flood of "+f.name, "%d in blocks, %.2f DBC, %d refused; interval %s (%.2f times, longest %s); answer, confirm, renew after %v blocks",
			m.included, float64(m.cost)/1e6, m.refused, m.interval.Round(time.Millisecond), slower, m.longest.Round(time.Millisecond), m.after)
		if slower > mostSlower || m.after[0] > mostBlocks || m.after[1] > mostBlocks || m.after[2] > mostBlocks {
			worse = append(worse, f.name)
		}
	}
	if len(worse) > 0 {
		return fmt.Errorf("worse than promised (%d blocks, %d times the interval) under a flood of %s", mostBlocks, mostSlower, strings.Join(worse, ", "))
	}
	return nil
}
