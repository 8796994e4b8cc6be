package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// errSurvived ends a run that found a missing test, or a list that is not true.
var errSurvived = errors.New("mutants survived, or the list of equivalent ones is not true")

// tally counts the mutants of one package by verdict.
type tally struct {
	mutants, killed, equivalent, unprovoked, survived int
}

// campaign is one run over all targets.
type campaign struct {
	config
	out      io.Writer
	known    map[string]string
	binaries map[string]*binary
	tests    map[string][]*test
	// kept are judgements of earlier runs by key.
	kept map[string]judgement
	used map[string]bool
	bad  int
}

func run(ctx context.Context, out io.Writer, cfg config) error {
	c := &campaign{
		config: cfg, out: out, binaries: make(map[string]*binary), tests: make(map[string][]*test),
		kept: make(map[string]judgement), used: make(map[string]bool),
	}
	var err error
	if c.known, err = readKnown(cfg.known); err != nil {
		return err
	}
	if text, err := os.ReadFile(c.results()); err == nil {
		if err := json.Unmarshal(text, &c.kept); err != nil {
			return fmt.Errorf("read %s: %w", c.results(), err)
		}
	}
	sources, err := c.compile(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	for _, t := range c.targets {
		i := slices.IndexFunc(sources, func(s *source) bool { return s.folder == t.folder })
		if i < 0 {
			continue
		}
		if err := c.target(ctx, t, sources[i]); err != nil {
			return errors.Join(err, c.save())
		}
	}
	c.stale(sources)
	fmt.Fprintf(out, "%s\n", time.Since(start).Round(time.Second))
	if err := c.save(); err != nil {
		return err
	}
	if c.bad > 0 {
		return fmt.Errorf("%w: %d", errSurvived, c.bad)
	}
	return nil
}

func (c *campaign) results() string { return filepath.Join(c.dir, "results.json") }

func (c *campaign) save() error {
	text, err := json.MarshalIndent(c.kept, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.results(), text, 0o644)
}

// compile builds the tests of all targets with all mutants in them.
func (c *campaign) compile(ctx context.Context) ([]*source, error) {
	var folders []string
	for _, t := range c.targets {
		folders = append(folders, t.folder)
	}
	sources, err := load(ctx, c.root, folders)
	if err != nil {
		return nil, err
	}
	overlay, err := writeOverlay(c.dir, c.root, sources)
	if err != nil {
		return nil, err
	}
	wanted := func(t target) bool {
		return slices.ContainsFunc(sources, func(s *source) bool {
			return s.folder == t.folder && slices.ContainsFunc(s.mutants, func(m Mutant) bool { return c.only.MatchString(m.Key()) })
		})
	}
	for _, t := range c.targets {
		for _, folder := range t.tests {
			if c.binaries[folder] != nil || !wanted(t) {
				continue
			}
			b, err := build(ctx, c.dir, c.root, overlay, folder)
			if err != nil {
				return nil, err
			}
			if c.tests[folder], err = trace(ctx, c.dir, b, c.slowest); err != nil {
				return nil, err
			}
			c.binaries[folder] = b
		}
	}
	return sources, nil
}

// target judges the mutants of one package.
func (c *campaign) target(ctx context.Context, t target, s *source) error {
	var tests []*test
	var sums []string
	for _, folder := range t.tests {
		if b := c.binaries[folder]; b != nil {
			tests = append(tests, c.tests[folder]...)
			sums = append(sums, b.sum)
		}
	}
	j := newJudge(filepath.Join(c.dir, "tmp"), tests)
	sum := strings.Join(sums, " ")
	var n tally
	for i, m := range s.mutants {
		key := m.Key()
		if !c.only.MatchString(key) {
			continue
		}
		verdict := c.kept[key]
		if verdict.Sum != sum {
			var err error
			if verdict, err = j.try(ctx, m, verdict.By); err != nil {
				return err
			}
			verdict.Sum = sum
			c.kept[key] = verdict
			if i%100 == 0 {
				if err := c.save(); err != nil {
					return err
				}
			}
		}
		c.count(&n, t, m, verdict)
	}
	if n.mutants == 0 {
		return nil
	}
	fmt.Fprintf(c.out, "%s: %d mutants: %d killed, %d equivalent, %d unprovoked, %d survived\n",
		t.folder, n.mutants, n.killed, n.equivalent, n.unprovoked, n.survived)
	return nil
}

// count tells of a mutant that it should, and counts it.
func (c *campaign) count(n *tally, t target, m Mutant, v judgement) {
	n.mutants++
	key := m.Key()
	_, listed := c.known[key]
	c.used[key] = true
	word, bad := string(v.Verdict), false
	switch {
	case v.Verdict == Killed && !listed:
		n.killed++
	case v.Verdict == Killed:
		n.killed++
		word, bad = "listed as equivalent, but killed", true
	case listed:
		n.equivalent++
		word = "equivalent"
	case v.Verdict == Unprovoked && t.store:
		n.unprovoked++
	default:
		n.survived++
		bad = true
	}
	if bad {
		c.bad++
	}
	if c.all || bad {
		by := ""
		if v.By != "" {
			by = " by " + v.By
		}
		fmt.Fprintf(c.out, "%s, line %d%s: %s\n", word, m.Line, by, key)
	}
}

// stale tells of entries of the list that no mutant has.
func (c *campaign) stale(sources []*source) {
	there := make(map[string]bool)
	for _, s := range sources {
		for _, m := range s.mutants {
			there[m.Key()] = true
		}
	}
	for key := range c.known {
		if !there[key] {
			c.bad++
			fmt.Fprintf(c.out, "listed as equivalent, but no mutant: %s\n", key)
		}
	}
}
