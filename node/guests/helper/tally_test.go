package helper_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dbc-network/dbc/node/guests/helper"
	"github.com/dbc-network/dbc/vm"
)

// TestStats: the node hears what its helper did, before it is bound too; nobody is named.
func TestStats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.Version = "9.9"
	w.stop()
	w.start()
	if s := w.stats(); s.Version != "9.9" || s.Started.IsZero() || len(s.Calls) != 0 || s.Limit == 0 || s.Running != 1 {
		t.Errorf("%+v", s)
	}
	if _, err := w.client.Get(w.t.Context(), "x"); !errors.Is(err, helper.ErrBinding) {
		t.Errorf("unbound: %v", err)
	}
	w.bind()
	if _, err := w.client.Get(w.t.Context(), "01234567-89ab-4def-8123-456789abcdef"); !errors.Is(err, vm.ErrNotFound) {
		t.Errorf("no VM: %v", err)
	}
	want := map[[2]string]uint64{
		{"Helper/Stats", "done"}: 1, {"Helper/Bind", "done"}: 1, {"Machines/Get", "refused"}: 2,
	}
	s := w.stats()
	for _, c := range s.Calls {
		if key := [2]string{c.Method, c.Outcome}; want[key] != c.Count {
			t.Errorf("%v: %d, want %d", key, c.Count, want[key])
		} else {
			delete(want, key)
		}
	}
	if len(want) > 0 || s.TurnedAway != 0 {
		t.Errorf("not counted: %v, turned away: %d", want, s.TurnedAway)
	}
}

// TestStrangersAreCounted: whoever is not served is counted, and hears nothing.
func TestStrangersAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := w.config.UID
	w.stop()
	w.config.UID = own + 1
	w.start()
	if _, err := w.client.Stats(w.t.Context()); !errors.Is(err, helper.ErrPeer) {
		t.Errorf("a stranger: %v", err)
	}
}

func (w *world) stats() helper.Stats {
	w.t.Helper()
	s, err := w.client.Stats(context.WithoutCancel(w.t.Context()))
	must(w.t, err)
	return s
}
