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
	// By is the test that failed, after its package's folder.
	By string
	// Sum is of all binaries that were asked.
	Sum string
}

// judge runs tests against mutants, one at a time.
type judge struct {
	tmp string
	// tests that reach a mutant, by "folder#id".
	tests map[string][]*test
}

// quick tests run together in one process.
const quick = 300 * time.Millisecond

func newJudge(tmp string, tests []*test) *judge {
	j := &judge{tmp: tmp, tests: make(map[string][]*test)}
	for _, t := range tests {
		for _, m := range t.Reached {
			j.tests[m] = append(j.tests[m], t)
		}
	}
	return j
}

// try runs the tests that reach a mutant until one fails, that which killed it before first.
func (j *judge) try(ctx context.Context, m Mutant, before string) (judgement, error) {
	name := fmt.Sprintf("%s#%d", m.Package, m.ID)
	tests := j.tests[name]
	if len(tests) == 0 {
		if m.Failing {
			return judgement{Verdict: Unprovoked}, nil
		}
		return judgement{Verdict: NotReached}, nil
	}
	for _, group := range order(tests, m.Package, before) {
		var cpu time.Duration
		names := make([]string, len(group))
		for i, t := range group {
			names[i] = t.Name
			cpu += t.CPU
		}
		b := group[0].binary
		o, err := b.run(ctx, j.tmp, names, limitsFor(cpu), activeVar+"="+name)
		if err != nil {
			return judgement{}, err
		}
		if err := ctx.Err(); err != nil {
			return judgement{}, err
		}
		if o.failed {
			return judgement{Verdict: Killed, By: b.folder + " " + o.by}, nil
		}
	}
	return judgement{Verdict: Survived}, nil
}

// order groups tests by process: the one that killed the mutant before, the
// quick ones of the mutant's package, of the others, then slow ones alone.
func order(tests []*test, folder, before string) [][]*test {
	tests = slices.Clone(tests)
	slices.SortStableFunc(tests, func(a, b *test) int { return int(a.CPU - b.CPU) })
	var first, own, slow [][]*test
	others := make(map[*binary]int)
	var foreign [][]*test
	for _, t := range tests {
		top, _, _ := strings.Cut(before, "/Test")
		switch {
		case top == t.binary.folder+" "+t.Name:
			first = append(first, []*test{t})
		case t.CPU > quick:
			slow = append(slow, []*test{t})
		case t.binary.folder == folder && len(own) > 0:
			own[0] = append(own[0], t)
		case t.binary.folder == folder:
			own = append(own, []*test{t})
		default:
			i, ok := others[t.binary]
			if !ok {
				i = len(foreign)
				others[t.binary] = i
				foreign = append(foreign, nil)
			}
			foreign[i] = append(foreign[i], t)
		}
	}
	return slices.Concat(first, own, foreign, slow)
}
