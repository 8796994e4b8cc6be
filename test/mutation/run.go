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
	overlay  string
	binaries map[string]*binary
	// kept are judgements, also of earlier runs, by the folder of the tests and the mutant's key.
	kept map[string]map[string]judgement
	bad  int
}

func run(ctx context.Context, out io.Writer, cfg config) error {
	c := &campaign{
		config: cfg, out: out, binaries: make(map[string]*binary),
		kept: make(map[string]map[string]judgement),
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
	sources, err := c.load(ctx)
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

// load makes the mutants of all targets.
func (c *campaign) load(ctx context.Context) ([]*source, error) {
	var folders []string
	for _, t := range c.targets {
		folders = append(folders, t.folder)
	}
	sources, err := load(ctx, c.root, folders)
	if err != nil {
		return nil, err
	}
	c.overlay, err = writeOverlay(c.dir, c.root, sources)
	return sources, err
}

// binary builds the tests of a folder with all mutants in them, once.
func (c *campaign) binary(ctx context.Context, folder string) (*binary, error) {
	if b := c.binaries[folder]; b != nil {
		return b, nil
	}
	b, err := build(ctx, c.dir, c.root, c.overlay, folder)
	if err != nil {
		return nil, err
	}
	tests, err := trace(ctx, c.dir, b, c.slowest)
	if err != nil {
		return nil, err
	}
	b.reaching = make(map[string][]*test)
	for _, t := range tests {
		for _, m := range t.Reached {
			b.reaching[m] = append(b.reaching[m], t)
		}
	}
	c.binaries[folder] = b
	return b, nil
}

// target judges the mutants of one package: those that the tests of one folder
// let pass are left to the next.
func (c *campaign) target(ctx context.Context, t target, s *source) error {
	asked := slices.DeleteFunc(slices.Clone(s.mutants), func(m Mutant) bool { return !c.only.MatchString(m.Key()) })
	verdicts := make(map[string]judgement)
	left := asked
	for _, folder := range t.tests {
		if len(left) == 0 {
			break
		}
		b, err := c.binary(ctx, folder)
		if err != nil {
			return err
		}
		var passed []Mutant
		for i, m := range left {
			v, err := c.ask(ctx, b, m)
			if err != nil {
				return err
			}
			if v.Verdict == Killed {
				v.By = folder + " " + v.By
			} else {
				passed = append(passed, m)
			}
			key := m.Key()
			if v.Verdict == Killed || verdicts[key].Verdict != Survived {
				verdicts[key] = v
			}
			if i%100 == 99 {
				if err := c.save(); err != nil {
					return err
				}
			}
		}
		left = passed
	}
	if len(asked) > 0 {
		c.report(t, asked, verdicts)
	}
	return nil
}

// ask has a binary's tests judge a mutant, unless they did before.
func (c *campaign) ask(ctx context.Context, b *binary, m Mutant) (judgement, error) {
	key := m.Key()
	kept := c.kept[b.folder][key]
	if kept.Sum == b.sum {
		return kept, nil
	}
	v, err := b.try(ctx, filepath.Join(c.dir, "tmp"), m, kept.By)
	if err != nil {
		return v, err
	}
	v.Sum = b.sum
	if c.kept[b.folder] == nil {
		c.kept[b.folder] = make(map[string]judgement)
	}
	c.kept[b.folder][key] = v
	return v, nil
}

// report tells of the mutants of one package.
func (c *campaign) report(t target, asked []Mutant, verdicts map[string]judgement) {
	var n tally
	for _, m := range asked {
		c.count(&n, t, m, verdicts[m.Key()])
	}
	fmt.Fprintf(c.out, "%s: %d mutants: %d killed, %d equivalent, %d unprovoked, %d survived\n",
		t.folder, n.mutants, n.killed, n.equivalent, n.unprovoked, n.survived)
}

// count tells of a mutant that it should, and counts it.
func (c *campaign) count(n *tally, t target, m Mutant, v judgement) {
	n.mutants++
	key := m.Key()
	_, listed := c.known[key]
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
