package journal_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/dbc-network/dbc/node/compute/journal"
)

// TestChanged verifies that whoever waits for a change of tasks is woken by each kind of
// write of one, and by nothing else.
func TestChanged(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	add := func(id string) error {
		_, err := j.Add(journal.Task{ID: id}, func([]journal.Task, *journal.Task) error { return nil })
		return err
	}
	failed := errors.New("refused")
	for _, c := range []struct {
		name  string
		write func() error
		woken bool
	}{
		{"a view of the chain", func() error { return j.SetView(journal.View{Height: 1}) }, false},
		{"a new task", func() error { return add("a") }, true},
		{"one that is there", func() error { return ignore(add("a"), journal.ErrExists) }, false},
		{"a change", func() error { _, err := j.Change("a", func(*journal.Task) error { return nil }); return err }, true},
		{"a refused change", func() error {
			_, err := j.Change("a", func(*journal.Task) error { return failed })
			return ignore(err, failed)
		}, false},
		{"a plan", func() error {
			_, err := j.Replan("a", func([]journal.Task, *journal.Task) error { return nil })
			return err
		}, true},
		{"the end of a task", func() error { return j.Remove("a") }, true},
	} {
		next := j.Changed()
		if err := c.write(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		woken := false
		select {
		case <-next:
			woken = true
		default:
		}
		if woken != c.woken {
			t.Errorf("%s: woken %v", c.name, woken)
		}
	}
}

// ignore returns err unless it is the expected one.
func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
