package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is what became of a mutant.
type Verdict string

// The verdicts.
const (
	Killed     Verdict = "killed"
	Survived   Verdict = "survived"
	NotReached Verdict = "not reached"
	// Unprovoked are those that are only reached when a callee fails, and none does.
	Unprovoked Verdict = "unprovoked"
)

// judgement is a verdict with what it rests on.
type judgement struct {
	Verdict Verdict
	// By is the test that failed, or what else ended the run.
	By string
	// Sum is of the binary that was asked.
	Sum string
}

// quick tests run together in one process.
const quick = 300 * time.Millisecond

// try runs those of a binary's tests that reach a mutant until one fails, that
// which killed it before first. Of one that none reaches it says so.
func (b *binary) try(ctx context.Context, tmp string, m Mutant, before string) (judgement, error) {
	name := fmt.Sprintf("%s#%d", m.Package, m.ID)
	for _, group := range order(b.reaching[name], before) {
		var cpu time.Duration
		names := make([]string, len(group))
		for i, t := range group {
			names[i] = t.Name
			cpu += t.CPU
		}
		o, err := b.run(ctx, tmp, names, limitsFor(cpu), activeVar+"="+name)
		if err != nil {
			return judgement{}, err
		}
		if err := ctx.Err(); err != nil {
			return judgement{}, err
		}
		if o.failed {
			return judgement{Verdict: Killed, By: o.by}, nil
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

// order groups tests by process: the one that killed the mutant before, the
// quick ones together, then slow ones alone.
func order(tests []*test, before string) [][]*test {
	before, _, _ = strings.Cut(before, "/")
	var first, together, slow [][]*test
	for _, t := range tests {
		switch {
		case t.Name == before:
			first = append(first, []*test{t})
		case t.CPU > quick:
			slow = append(slow, []*test{t})
		case len(together) > 0:
			together[0] = append(together[0], t)
		default:
			together = append(together, []*test{t})
		}
	}
	return slices.Concat(first, together, slow)
}
