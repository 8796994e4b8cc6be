package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dbc-network/dbc/test/mutation/switches"
)

// fewChecks is how often a randomized test tries before it tries as often as it
// is written to.
const fewChecks = 5

// test is one test of a binary, and what it reaches. A randomized one is there
// twice.
type test struct {
	Name string
	// Checks is the number of random tries, 0 for the test's own.
	Checks int
	CPU    time.Duration
	// Reached are mutants, as "rental#12".
	Reached []string
}

// traced is what is kept of a binary's tests.
type traced struct {
	Initial []string
	Tests   []*test
}

// trace runs each test without a mutant to learn what it reaches and how long it
// takes. It leaves out tests that take too long. The result is cached until the
// binary changes, unless only the tests of some names are asked for.
func trace(ctx context.Context, dir string, b *binary, slowest time.Duration, only *regexp.Regexp) (traced, error) {
	kept := filepath.Join(dir, fmt.Sprintf("trace-%s-%s-%s.json", strings.ReplaceAll(b.folder, "/", "-"), b.sum, slowest))
	var all traced
	if text, err := os.ReadFile(kept); err == nil && only.String() == "" && json.Unmarshal(text, &all) == nil {
		return all, nil
	}
	names, err := b.tests(ctx)
	if err != nil {
		return all, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !only.MatchString(name) })
	random, err := b.randomized()
	if err != nil {
		return all, err
	}
	w := &worker{binary: b, env: traceVar + "=1"}
	defer w.stop()
	first, err := w.do(ctx, switches.Order{CPU: slowest})
	if err != nil {
		return all, err
	}
	if first.Failed {
		return all, fmt.Errorf("the tests of %s do not start:\n%s", b.folder, &w.output)
	}
	all.Initial = first.Reached
	for _, name := range names {
		for _, checks := range []int{fewChecks, 0} {
			if checks > 0 && !random[name] {
				continue
			}
			t, err := w.trace(ctx, &test{Name: name, Checks: checks, CPU: slowest})
			if err != nil {
				return all, err
			}
			if t != nil {
				all.Tests = append(all.Tests, t)
			}
		}
	}
	slices.SortStableFunc(all.Tests, func(a, b *test) int { return int(a.CPU - b.CPU) })
	text, err := json.Marshal(all)
	if err != nil || only.String() != "" {
		return all, err
	}
	return all, os.WriteFile(kept, text, 0o644)
}

// trace runs one test, and returns nil if it takes too long, or fails because it
// tries too few random values.
func (w *worker) trace(ctx context.Context, t *test) (*test, error) {
	o, err := w.do(ctx, switches.Order{Test: t.Name, Checks: t.Checks, CPU: t.CPU, Trace: true})
	switch {
	case err != nil:
		return nil, err
	case o.over || o.Failed && t.Checks > 0: // it may count what it tried
		return nil, nil
	case o.Failed:
		return nil, fmt.Errorf("%s in %s fails without a mutant:\n%s", t.Name, w.folder, &w.output)
	}
	t.CPU, t.Reached = o.CPU, o.Reached
	return t, nil
}

// use prepares a binary's tests.
func (b *binary) use(all traced) {
	b.reaching = make(map[string][]*test)
	b.initial = make(map[string]bool)
	for _, m := range all.Initial {
		b.initial[m] = true
	}
	for _, t := range all.Tests {
		for _, m := range slices.Concat(t.Reached, all.Initial) {
			b.reaching[m] = append(b.reaching[m], t)
		}
	}
}
