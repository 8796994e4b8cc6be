package helper

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dbc-network/dbc/node/guests/helper/steps"
	"github.com/dbc-network/dbc/vm"
)

// The outcomes of a call.
const (
	outcomeDone = "done"
	// outcomeRefused is an answer that the node can expect, such as that there is no such
	// VM, outcomeFailed a fault of this computer.
	outcomeRefused   = "refused"
	outcomeFailed    = "failed"
	outcomeCancelled = "cancelled"
)

// service begins the name of every method.
const service = "/dbc.helper.v1."

// call is one kind of call; both are from fixed lists.
type call struct{ method, outcome string }

type took struct {
	count uint64
	time  time.Duration
}

// tally counts calls. The zero value is ready.
type tally struct {
	mu    sync.Mutex
	calls map[call]took
}

func (t *tally) add(method string, err error, time time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.calls == nil {
		t.calls = map[call]took{}
	}
	key := call{strings.TrimPrefix(method, service), outcomeOf(err)}
	sum := t.calls[key]
	t.calls[key] = took{sum.count + 1, sum.time + time}
}

func outcomeOf(err error) string {
	switch {
	case err == nil:
		return outcomeDone
	case errors.Is(err, context.Canceled):
		return outcomeCancelled
	case errors.Is(err, vm.ErrUnavailable):
		return outcomeFailed
	}
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			return outcomeRefused
		}
	}
	return outcomeFailed
}

func (t *tally) say() []*steps.CallCount {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*steps.CallCount, 0, len(t.calls))
	for key, sum := range t.calls {
		all = append(all, &steps.CallCount{
			Method: key.method, Outcome: key.outcome, Count: sum.count, Took: uint64(sum.time.Microseconds()), //nolint:gosec // never negative
		})
	}
	slices.SortFunc(all, func(a, b *steps.CallCount) int {
		return cmp.Or(cmp.Compare(a.GetMethod(), b.GetMethod()), cmp.Compare(a.GetOutcome(), b.GetOutcome()))
	})
	return all
}

// Stats counts what this process did since it started.
func (h helperSteps) Stats(context.Context, *steps.StatsRequest) (*steps.StatsReply, error) {
	s := h.s
	done, failed := s.config.Resets.Counts()
	return &steps.StatsReply{
		Version: s.config.Version, Started: s.started.Unix(), Calls: s.tally.say(), Running: s.bounds.underWay(), Limit: maxCalls,
		TurnedAway: s.bounds.turned.Load(), ResetsDone: done, ResetsFailed: failed,
	}, nil
}

// Stats is what a helper did since it started.
type Stats struct {
	// Version is the helper's.
	Version string
	Started time.Time
	Calls   []CallCount
	// Running are the calls under way, Limit how many there may be.
	Running, Limit uint32
	// TurnedAway are calls and connections that were not taken.
	TurnedAway uint64
	// ResetsDone and ResetsFailed are those of cards.
	ResetsDone, ResetsFailed uint64
}

// CallCount is of one method and one outcome.
type CallCount struct {
	Method, Outcome string
	Count           uint64
	// Took is the time of all of them; 0 for streams.
	Took time.Duration
}

// Stats asks the helper what it did.
func (c *Client) Stats(ctx context.Context) (Stats, error) {
	reply, err := c.helper.Stats(ctx, &steps.StatsRequest{})
	if err != nil {
		return Stats{}, err
	}
	s := Stats{
		Version: reply.GetVersion(), Started: time.Unix(reply.GetStarted(), 0).UTC(), Running: reply.GetRunning(), Limit: reply.GetLimit(),
		TurnedAway: reply.GetTurnedAway(), ResetsDone: reply.GetResetsDone(), ResetsFailed: reply.GetResetsFailed(),
	}
	for _, one := range reply.GetCalls() {
		s.Calls = append(s.Calls, CallCount{
			Method: one.GetMethod(), Outcome: one.GetOutcome(), Count: one.GetCount(), Took: time.Duration(one.GetTook()) * time.Microsecond,
		})
	}
	return s, nil
}
