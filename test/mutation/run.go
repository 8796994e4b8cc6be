package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// errSurvived ends a run that found a missing test, or a list that is wrong.
var errSurvived = errors.New("mutants survived, or the list of equivalent ones is not true")

// tally counts the mutants of one package by verdict.
type tally struct {
	mutants, killed, equivalent, unprovoked, survived int
}

// campaign is one run over all targets.
type campaign struct {
	config
	out      io.Writer
	log      *slog.Logger
	known    map[string]string
	overlay  string
	binaries map[string]*binary
	// kept are judgements, also of earlier runs, by the folder of the tests and
	// the mutant's key.
	kept map[string]map[string]judgement
	bad  int
}

func run(ctx context.Context, out io.Writer, log *slog.Logger, cfg config) error {
	c := &campaign{
		config: cfg, out: out, log: log, binaries: make(map[string]*binary),
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

// load creates the mutants of all targets.
func (c *campaign) load(ctx context.Context) ([]*source, error) {
	var folders, tests []string
	for _, t := range c.targets {
		folders = append(folders, t.folder)
		tests = append(tests, t.tests...)
	}
	sources, err := load(ctx, c.root, folders)
	if err != nil {
		return nil, err
	}
	c.overlay, err = writeOverlay(c.dir, c.root, sources, tests)
	return sources, err
}

// binary builds the tests of a folder with all mutants, once.
func (c *campaign) binary(ctx context.Context, folder string) (*binary, error) {
	if b := c.binaries[folder]; b != nil {
		return b, nil
	}
	start := time.Now()
	b, err := build(ctx, c.dir, c.root, c.overlay, folder)
	if err != nil {
		return nil, err
	}
	built := time.Now()
	tests, err := trace(ctx, c.dir, b, c.slowest, c.tests)
	if err != nil {
		return nil, err
	}
	b.use(tests)
	c.binaries[folder] = b
	c.log.Info("built and traced", "tests", folder, "build", built.Sub(start).Round(time.Second), "trace", time.Since(built).Round(time.Second))
	return b, nil
}

// target judges the mutants of one package: those that pass the tests of one
// folder are left to the next.
func (c *campaign) target(ctx context.Context, t target, s *source) error {
	asked := slices.DeleteFunc(slices.Clone(s.mutants), func(m Mutant) bool { return !c.only.MatchString(m.Key()) })
	verdicts := make(map[string]judgement)
	left := asked
	for _, folder := range t.tests {
		if len(left) == 0 || !c.by.MatchString(folder) {
			continue
		}
		b, err := c.binary(ctx, folder)
		if err != nil {
			return err
		}
		if err := c.judge(ctx, b, left); err != nil {
			return err
		}
		var passed []Mutant
		for _, m := range left {
			key := m.Key()
			v := c.kept[folder][key]
			if v.Verdict == Killed {
				v.By = folder + " " + v.By
			} else {
				passed = append(passed, m)
			}
			if v.Verdict == Killed || verdicts[key].Verdict != Survived {
				verdicts[key] = v
			}
		}
		left = passed
	}
	if len(asked) > 0 {
		c.report(t, asked, verdicts)
	}
	return nil
}

// report prints the mutants of one package.
func (c *campaign) report(t target, asked []Mutant, verdicts map[string]judgement) {
	var n tally
	for _, m := range asked {
		c.count(&n, t, m, verdicts[m.Key()])
	}
	fmt.Fprintf(c.out, "%s: %d mutants: %d killed, %d equivalent, %d unprovoked, %d survived\n",
		t.folder, n.mutants, n.killed, n.equivalent, n.unprovoked, n.survived)
}

// count prints a mutant if it should, and counts it.
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
		if v.Verdict == Killed {
			by = " by " + v.By
		}
		if v.How != "" {
			by += " (" + v.How + ")"
		}
		fmt.Fprintf(c.out, "%s, line %d%s: %s\n", word, m.Line, by, key)
	}
}

// stale prints entries of the list that match no mutant.
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
