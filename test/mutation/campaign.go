package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// likelyTests is how many tests are remembered for each function.
const likelyTests = 5

// judges share the mutants of one package among processes.
type judges struct {
	*campaign
	b  *binary
	mu sync.Mutex
	// left are not judged yet.
	left []Mutant
	all  int
	// killers are the tests that killed mutants of a function, the last first.
	killers map[string][]string
	saved   time.Time
}

const saveEvery = 10 * time.Second

// judge has a binary's tests judge mutants, except for those whose verdict is
// kept.
func (c *campaign) judge(ctx context.Context, b *binary, mutants []Mutant) error {
	j := &judges{campaign: c, b: b, killers: make(map[string][]string), saved: time.Now()}
	if c.kept[b.folder] == nil {
		c.kept[b.folder] = make(map[string]judgement)
	}
	for _, m := range mutants {
		v := c.kept[b.folder][m.Key()]
		holds := v.Verdict == Killed || v.Slowest >= c.slowest
		if v.Sum != b.sum || !holds {
			j.left = append(j.left, m)
		}
	}
	j.all = len(j.left)
	errs := make(chan error, c.jobs)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for range c.jobs {
		go func() { errs <- j.work(ctx) }()
	}
	var first error
	for range c.jobs {
		if err := <-errs; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	return first
}

// work judges one mutant after another.
func (j *judges) work(ctx context.Context) error {
	w := &worker{binary: j.b}
	defer w.stop()
	for {
		m, before, likely, ok := j.next()
		if !ok {
			return nil
		}
		v, err := j.b.judge(ctx, w, m, before, likely)
		if err != nil {
			return err
		}
		if err := j.keep(m, v); err != nil {
			return err
		}
	}
}

// next takes a mutant, with the test that killed it before and those that killed
// others of its function.
func (j *judges) next() (m Mutant, before string, likely []string, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.left) == 0 {
		return m, "", nil, false
	}
	m, j.left = j.left[0], j.left[1:]
	return m, j.kept[j.b.folder][m.Key()].By, slices.Clone(j.killers[m.Func]), true
}

// keep keeps a verdict. If only some of the tests were used, a survivor is
// judged again by the next run.
func (j *judges) keep(m Mutant, v judgement) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if v.Verdict == Killed {
		killers := slices.DeleteFunc(j.killers[m.Func], func(name string) bool { return name == v.By })
		killers = slices.Insert(killers, 0, v.By)
		j.killers[m.Func] = killers[:min(len(killers), likelyTests)]
	}
	v.Sum, v.Slowest = j.b.sum, j.slowest
	if v.Verdict != Killed && j.tests.String() != "" {
		v.By, v.Slowest = j.kept[j.b.folder][m.Key()].By, 0
	}
	j.kept[j.b.folder][m.Key()] = v
	if time.Since(j.saved) < saveEvery {
		return nil
	}
	j.saved = time.Now()
	j.log.Info("judging", "mutants", m.Package, "tests", j.b.folder, "left", len(j.left), "of", j.all)
	return j.save()
}
