// Command benchflood floods four real validators, on a network created by dbcd
// init, with spam that pays for its gas, and measures the delay of messages
// with a deadline and the block interval. It fails if they exceed the promised
// limits.
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
	"github.com/dbc-network/dbc/test/junk"
	"github.com/dbc-network/dbc/test/testnet"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cfg config
	flag.StringVar(&cfg.dbcd, "dbcd", "", "the daemon's file; built when empty")
	flag.IntVar(&cfg.blocks, "blocks", 6, "blocks of each flood before the messages are sent, and after")
	flag.StringVar(&cfg.dir, "dir", "", "a folder for homes and logs, which are kept; a temporary one when empty")
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
	// mostBlocks is the maximum number of blocks until a message with a
	// deadline is included.
	mostBlocks = 3
	// mostSlower is the maximum factor by which a flood may lengthen the block
	// interval.
	mostSlower = 2
)

func run(ctx context.Context, cfg config) (err error) {
	if cfg.dir == "" {
		dir, err := os.MkdirTemp("", "benchflood")
		if err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		cfg.dir = filepath.Join(dir, "nets")
	}
	if err := os.MkdirAll(cfg.dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if cfg.dbcd == "" {
		cfg.dbcd = filepath.Join(cfg.dir, "dbcd")
		if err := testnet.Build(ctx, cfg.dbcd, ""); err != nil {
			return err
		}
	}
	row := computer.Begin(os.Stdout, "four validators as dbcd init makes them, all on this computer").Row
	var worse []string
	for _, f := range junk.Kinds() {
		if cfg.only != "" && !strings.Contains(","+cfg.only+",", ","+f.Name+",") {
			continue
		}
		idle, m, err := flood(ctx, cfg, f)
		if err != nil {
			return fmt.Errorf("flood of %s: %w", f.Name, err)
		}
		slower := float64(m.interval) / float64(idle)
		row("flood of "+f.Name, "%d in blocks, %.2f DBC, of which %s; in mempools %s; interval %s, %s without the flood (%.2f times, longest %s); answer, confirm, renew after %v blocks",
			m.included, float64(m.cost)/1e6, m.executed, m.counts, m.interval.Round(time.Millisecond), idle.Round(time.Millisecond), slower, m.longest.Round(time.Millisecond), m.after)
		if slower > mostSlower || m.after[0] > mostBlocks || m.after[1] > mostBlocks || m.after[2] > mostBlocks {
			worse = append(worse, f.Name)
		}
	}
	if len(worse) > 0 {
		return fmt.Errorf("worse than promised (%d blocks, %d times the interval) under a flood of %s", mostBlocks, mostSlower, strings.Join(worse, ", "))
	}
	return nil
}

// flood measures one flood on a network of its own: the mempools of a flood of
// gas hold what blocks take hours to include. Returns the block interval before
// the flood, too.
func flood(ctx context.Context, cfg config, f junk.Kind) (idle time.Duration, m measurement, err error) {
	cfg.dir = filepath.Join(cfg.dir, f.Name)
	w, err := newWorld(ctx, cfg)
	if err != nil {
		return 0, m, err
	}
	defer func() {
		if stopped := w.Stop(); err == nil {
			err = stopped
		}
	}()
	if idle, err = w.interval(ctx, cfg.blocks); err != nil {
		return 0, m, err
	}
	m, err = w.measure(ctx, f, cfg.blocks)
	return idle, m, err
}
