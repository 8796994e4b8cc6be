package main

import (
	"context"
	"errors"
	"time"

	"github.com/dbc-network/dbc/test/junk"
)

// measurement of one flood.
type measurement struct {
	interval, longest time.Duration
	included          int64
	// counts are what mempools said, executed what became of it in blocks.
	counts, executed *junk.Counts
	cost             uint64 // in udbc
	after            [3]int64
}

// measure starts a flood, sends messages with a deadline in the middle of it,
// and analyses the blocks.
func (w *world) measure(ctx context.Context, f junk.Kind, blocks int) (m measurement, err error) {
	all, err := w.deadlines(ctx)
	if err != nil {
		return m, err
	}
	pouring, end := context.WithCancel(ctx)
	defer end()
	m.counts = new(junk.Counts)
	poured := make(chan error, 1)
	go func() { poured <- w.pour(pouring, f, m.counts) }()

	first, err := w.waitBlocks(ctx, 2) // the mempools fill up
	if err == nil {
		_, err = w.waitBlocks(ctx, blocks/2)
	}
	if err == nil {
		m.after, err = w.sendAll(ctx, all)
	}
	var last int64
	if err == nil {
		last, err = w.waitBlocks(ctx, (blocks+1)/2)
	}
	end()
	if err = errors.Join(err, <-poured); err != nil {
		return m, err
	}
	return m, w.look(ctx, &m, f, first, last)
}

// look reads the blocks of a flood.
func (w *world) look(ctx context.Context, m *measurement, f junk.Kind, first, last int64) error {
	var begin, before time.Time
	m.executed = new(junk.Counts)
	for height := first; height <= last; height++ {
		block, err := w.Validators[0].Comet.Block(ctx, &height)
		if err != nil {
			return err
		}
		at := block.Block.Time
		if height > first {
			m.longest = max(m.longest, at.Sub(before))
			m.included += int64(len(block.Block.Txs))
			results, err := w.Validators[0].Comet.BlockResults(ctx, &height)
			if err != nil {
				return err
			}
			for _, r := range results.TxsResults {
				m.executed.Add(r.Codespace, r.Code)
			}
		} else {
			begin = at
		}
		before = at
	}
	m.interval = before.Sub(begin) / time.Duration(last-first)
	m.cost = uint64(m.included) * f.Gas / 100
	return nil
}

// interval returns the mean time between blocks.
func (w *world) interval(ctx context.Context, blocks int) (time.Duration, error) {
	first, err := w.waitBlocks(ctx, 1)
	if err != nil {
		return 0, err
	}
	last, err := w.waitBlocks(ctx, blocks)
	if err != nil {
		return 0, err
	}
	var m measurement
	err = w.look(ctx, &m, junk.Kind{}, first, last)
	return m.interval, err
}

// waitBlocks waits for the given number of blocks and returns the height.
func (w *world) waitBlocks(ctx context.Context, more int) (int64, error) {
	head, err := w.Validators[0].Client.Head(ctx)
	if err != nil {
		return 0, err
	}
	height := head.Height + int64(more)
	return height, w.Validators[0].WaitHeight(ctx, height)
}
