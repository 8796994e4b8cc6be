package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// test is one test of a binary, and what it reaches.
type test struct {
	Name string
	CPU  time.Duration
	// Reached are mutants, as "rental#12".
	Reached []string
}

// trace runs each test alone, to learn what it reaches and how long it takes;
// one that takes too long is left out. What one binary's tests reach is kept
// until the binary changes.
func trace(ctx context.Context, dir string, b *binary, slowest time.Duration) ([]*test, error) {
	kept := filepath.Join(dir, "trace-"+strings.ReplaceAll(b.folder, "/", "-")+"-"+b.sum+".json")
	var tests []*test
	if text, err := os.ReadFile(kept); err == nil && json.Unmarshal(text, &tests) == nil {
		return tests, nil
	}
	names, err := b.tests(ctx)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "trace")
	for _, name := range names {
		if err := os.RemoveAll(file); err != nil {
			return nil, err
		}
		o, err := b.run(ctx, filepath.Join(dir, "tmp"), []string{name}, limits{wall: wallFactor * slowest, cpu: slowest}, traceVar+"="+file)
		if err != nil {
			return nil, err
		}
		if o.cpu >= slowest {
			continue
		}
		if o.failed {
			return nil, fmt.Errorf("%s in %s fails without a mutant:\n%s", name, b.folder, o.output)
		}
		text, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		tests = append(tests, &test{Name: name, CPU: o.cpu, Reached: strings.Fields(string(text))})
	}
	slices.SortStableFunc(tests, func(a, b *test) int { return int(a.CPU - b.CPU) })
	text, err := json.Marshal(tests)
	if err != nil {
		return nil, err
	}
	return tests, os.WriteFile(kept, text, 0o644)
}
