package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func TestCauseBy(t *testing.T) {
	t.Parallel()
	task := func(id, status string) []api.TaskSummary { return []api.TaskSummary{{RentOrder: id, Status: status}} }
	for name, c := range map[string]struct {
		tasks []api.TaskSummary
		err   error
		want  rental.Cause
	}{
		"none":                    {nil, nil, rental.CauseNotReady},
		"of another rental":       {task("17", "running"), nil, rental.CauseNotReady},
		"being made":              {task("7", "creating"), nil, rental.CauseNotReady},
		"not made":                {task("7", "create error"), nil, rental.CauseNotReady},
		"being deleted":           {task("7", "deleting"), nil, rental.CauseNotReady},
		"running":                 {task("7", "running"), nil, rental.CauseChangedMind},
		"off":                     {task("7", "closed"), nil, rental.CauseChangedMind},
		"no longer starting":      {task("7", "start error"), nil, rental.CauseChangedMind},
		"one failed, one running": {append(task("7", "create error"), task("7", "running")...), nil, rental.CauseChangedMind},
		"refused":                 {nil, &client.NodeError{Status: 503, Proved: true}, rental.CauseNotReady},
		"no answer":               {nil, &client.NodeError{Status: 502}, rental.CauseUnreachable},
		"too late":                {nil, context.DeadlineExceeded, rental.CauseUnreachable},
		"a stranger's answer":     {task("7", "running"), client.ErrUntrusted, rental.CauseUnreachable},
	} {
		if got := causeBy(c.tasks, c.err, 7); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestParseCause(t *testing.T) {
	t.Parallel()
	for _, word := range rental.Causes() {
		if cause, err := parseCause(word); err != nil || cause.String() != word {
			t.Errorf("%s: %s, %v", word, cause, err)
		}
	}
	for _, word := range []string{"changed mind", "NOT-READY", "0", "none"} {
		if _, err := parseCause(word); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "changed-mind, not-ready, unreachable, mismatch") {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// story is a rental on trial as a chain reports it, whose virtual machine takes its time.
type story struct {
	rentals   []xrental.Rental // one for each query, the last for all further ones
	up        time.Duration
	cancelled int
}

func (s *story) wait() trialWait {
	return trialWait{
		rental: func(context.Context) (xrental.Rental, error) {
			r := s.rentals[0]
			if len(s.rentals) > 1 {
				s.rentals = s.rentals[1:]
			}
			return r, nil
		},
		wait: func(ctx context.Context) (api.Task, error) {
			select {
			case <-time.After(s.up):
				return api.Task{TaskSummary: api.TaskSummary{Status: "running"}}, nil
			case <-ctx.Done():
				return api.Task{TaskSummary: api.TaskSummary{Status: "creating"}}, ctx.Err()
			}
		},
		cancel: func(context.Context) (market.Cancelled, error) {
			s.cancelled++
			return market.Cancelled{Refunded: 1_000_000}, nil
		},
	}
}

// nearing is a trial that is cancelled after a time, unless its virtual machine is up.
func nearing(after time.Duration) xrental.Rental {
	now := time.Now()
	r := xrental.Rental{Id: 7, State: xrental.RENTAL_STATE_TRIAL, Start: now.Add(-time.Minute), Deadline: now.Add(10*time.Second + after)}
	if marginOf(r) != 10*time.Second {
		panic("the margin of a short trial")
	}
	return r
}

func TestTrialIsCancelledBeforeItsDeadline(t *testing.T) {
	t.Parallel()
	s := &story{rentals: []xrental.Rental{nearing(50 * time.Millisecond)}, up: time.Hour}
	_, err := s.wait().do(t.Context())
	if s.cancelled != 1 || !errors.Is(err, client.ErrTask) || !strings.Contains(err.Error(), "rental 7 was cancelled as not-ready; 1 DBC came back") {
		t.Errorf("cancelled %d times, %v", s.cancelled, err)
	}
}

func TestTrialIsLeftAlone(t *testing.T) {
	t.Parallel()
	confirmed := nearing(0)
	confirmed.State = xrental.RENTAL_STATE_ACTIVE
	soon := nearing(50 * time.Millisecond)
	halted := soon
	halted.Deadline = halted.Deadline.Add(time.Minute)
	for name, s := range map[string]*story{
		"up in time":                    {rentals: []xrental.Rental{soon}},
		"active":                        {rentals: []xrental.Rental{confirmed}, up: 100 * time.Millisecond},
		"confirmed meanwhile":           {rentals: []xrental.Rental{soon, confirmed}, up: 100 * time.Millisecond},
		"a halt moved its deadline":     {rentals: []xrental.Rental{soon, halted}, up: 100 * time.Millisecond},
		"its deadline was near already": {rentals: []xrental.Rental{nearing(-time.Second)}, up: 100 * time.Millisecond},
	} {
		task, err := s.wait().do(t.Context())
		if s.cancelled != 0 || err != nil || task.Status != "running" {
			t.Errorf("%s: cancelled %d times, %s, %v", name, s.cancelled, task.Status, err)
		}
	}
	s := &story{rentals: []xrental.Rental{soon}, up: time.Hour}
	ctx, stop := context.WithTimeout(t.Context(), 0)
	defer stop()
	if _, err := s.wait().do(ctx); s.cancelled != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who gives up earlier cancels nothing: %d times, %v", s.cancelled, err)
	}
}

func TestMarginOfTrials(t *testing.T) {
	t.Parallel()
	start := time.Now()
	if got := marginOf(xrental.Rental{Start: start, Deadline: start.Add(30 * time.Minute)}); got != 90*time.Second {
		t.Errorf("of half an hour %s", got)
	}
}
