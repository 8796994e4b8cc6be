package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/test/mutation/switches"
)

// Verdict is the result for a mutant.
type Verdict string

// The verdicts.
const (
	Killed     Verdict = "killed"
	Survived   Verdict = "survived"
	NotReached Verdict = "not reached"
	// Unprovoked means that the mutant is reached only if a callee fails, and
	// none does.
	Unprovoked Verdict = "unprovoked"
)

// judgement is a verdict with its basis.
type judgement struct {
	Verdict Verdict
	// By is the test that killed it, now or last.
	By string `json:",omitempty"`
	// How is empty when that test failed, or says what else ended it.
	How string `json:",omitempty"`
	// Sum is that of the binary that was run.
	Sum string
	// Slowest is the time up to which tests were used.
	Slowest time.Duration `json:",omitempty"`
}

// judge runs the tests that reach a mutant until one fails. It also reports a
// mutant that no test reaches.
func (b *binary) judge(ctx context.Context, w *worker, m Mutant, before string, likely []string) (judgement, error) {
	name := fmt.Sprintf("%s#%d", m.Package, m.ID)
	if b.initial[name] {
		w = &worker{binary: b, env: activeVar + "=" + name}
		defer w.stop()
	}
	for _, t := range order(b.reaching[name], before, likely) {
		how, err := w.kills(ctx, name, t)
		if err != nil {
			return judgement{}, err
		}
		if how != nil {
			return judgement{Verdict: Killed, By: t.Name, How: *how}, nil
		}
	}
	if len(b.reaching[name]) > 0 {
		return judgement{Verdict: Survived}, nil
	}
	if m.Failing {
		return judgement{Verdict: Unprovoked}, nil
	}
	return judgement{Verdict: NotReached}, nil
}

// kills reports whether a test fails with a mutant. A failure that may come from
// what earlier mutants left in the process does not count: the same test has to
// pass there without the mutant, or fail in a process of its own.
func (w *worker) kills(ctx context.Context, mutant string, t *test) (*string, error) {
	with := switches.Order{Test: t.Name, Checks: t.Checks, Mutant: mutant, CPU: limitFor(t.CPU)}
	o, err := w.do(ctx, with)
	if err != nil || !o.Failed {
		return nil, err
	}
	if alone := w.runs == 1 || w.env != ""; !alone {
		without := with
		without.Mutant = ""
		if !o.died {
			control, err := w.do(ctx, without)
			if err != nil {
				return nil, err
			}
			if !control.Failed {
				return new(string), nil
			}
		}
		w.stop()
		if o, err = w.do(ctx, with); err != nil || !o.Failed {
			return nil, err
		}
	}
	var how string
	switch {
	case o.over:
		how = "timeout after " + strconv.Itoa(int(with.CPU.Seconds())) + "s of processor time"
	case o.died:
		how = "panic or exit"
	}
	return &how, nil
}

// quick is the time up to which a test is tried early.
const quick = 300 * time.Millisecond

// order puts the test that killed the mutant before first, then quick ones that
// killed others of its function.
func order(tests []*test, before string, likely []string) []*test {
	rank := func(t *test) int {
		switch {
		case t.Name == before:
			return 0
		case t.CPU <= quick && slices.Contains(likely, t.Name):
			return 1
		}
		return 2
	}
	sorted := slices.Clone(tests)
	slices.SortStableFunc(sorted, func(a, b *test) int { return rank(a) - rank(b) })
	return sorted
}
