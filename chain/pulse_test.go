package chain

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/api"
)

// clockwork is a dbcd that makes a block every interval until it is stopped.
type clockwork struct {
	head     Head
	interval time.Duration
	err      error
	// known is what Interval returns.
	known    time.Duration
	knownErr error
	asked    int
}

func (c *clockwork) Newest(context.Context) (Head, error) { return c.head, c.err }

func (c *clockwork) Interval(context.Context, int64) (time.Duration, error) {
	c.asked++
	return c.known, c.knownErr
}

func (c *clockwork) block() {
	c.head.Height++
	c.head.Time = c.head.Time.Add(c.interval)
}

func TestStallAfter(t *testing.T) {
	t.Parallel()
	for interval, want := range map[time.Duration]time.Duration{
		0: 20 * time.Second, -1: 20 * time.Second, time.Millisecond: 12 * time.Second, 3 * time.Second: 12 * time.Second,
		3*time.Second + 1: 12*time.Second + 4, 5 * time.Second: 20 * time.Second, 10 * time.Second: 40 * time.Second, time.Hour: 40 * time.Second,
	} {
		require.Equal(t, want, StallAfter(interval), interval)
	}
}

func TestUsualInterval(t *testing.T) {
	t.Parallel()
	start := time.Now()
	at := func(seconds ...int) (times []time.Time) {
		for _, s := range seconds {
			times = append(times, start.Add(time.Duration(s)*time.Second))
		}
		return times
	}
	for name, c := range map[string]struct {
		times []time.Time
		want  time.Duration
	}{
		"none":       {nil, 0},
		"two blocks": {at(0, 5), 0},
		"three":      {at(0, 5, 10), 5 * time.Second},
		"backwards":  {at(20, 15, 10, 5, 0), 5 * time.Second},
		"a halt":     {at(0, 5, 10, 3610, 3615), 5 * time.Second},
		"a burst":    {at(0, 5, 10, 15, 15), 5 * time.Second},
	} {
		require.Equal(t, c.want, usualInterval(c.times), name)
	}
}

// TestPulseEdge checks the threshold of a stall to the nanosecond.
func TestPulseEdge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known    time.Duration
		knownErr error
		limit    time.Duration
	}{
		"fast":    {time.Second, nil, 12 * time.Second},
		"slow":    {6 * time.Second, nil, 24 * time.Second},
		"young":   {0, nil, 20 * time.Second},
		"unasked": {0, errors.New("pruned"), 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source := &clockwork{head: Head{ChainID: "a", Height: 7, Time: time.Now()}, interval: time.Second, known: c.known, knownErr: c.knownErr}
				var told []*api.Problem
				p := newPulse(source, "a", func(now *api.Problem) { told = append(told, now) })
				require.Nil(t, p.Look(t.Context()))
				<-time.After(c.limit)
				require.Nil(t, p.Look(t.Context()))
				<-time.After(1)
				want := &api.Problem{Code: api.ProblemStalled, Height: 7, AgeSeconds: int64(c.limit / time.Second), IntervalMillis: c.known.Milliseconds()}
				require.Equal(t, want, p.Look(t.Context()))
				<-time.After(3 * time.Second)
				want.AgeSeconds += 3
				require.Equal(t, want, p.Problem(), "it ages without a look")
				require.Equal(t, want, p.Look(t.Context()))
				source.block()
				require.Nil(t, p.Look(t.Context()))
				require.Len(t, told, 2, "each change once")
				require.Nil(t, told[1])
			})
		})
	}
}

func TestPulseClocks(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"fast clock": -time.Minute, "slow clock": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				source := &clockwork{head: Head{Height: 7, Time: time.Now().Add(ahead)}, interval: time.Second, known: time.Second}
				p := newPulse(source, "", nil)
				require.Equal(t, ahead < 0, p.Look(t.Context()) != nil, "one look has but the block's own time")
				for range 100 {
					<-time.After(time.Second)
					source.block()
					require.Nil(t, p.Look(t.Context()))
				}
				<-time.After(12*time.Second + 1)
				require.Equal(t, api.ProblemStalled, p.Look(t.Context()).Code)
			})
		})
	}
}

func TestPulseCatchesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &clockwork{head: Head{Height: 7, Time: time.Now().Add(-time.Hour), CatchingUp: true}, interval: time.Second, known: time.Second}
		p := newPulse(source, "", nil)
		for range 100 {
			require.Nil(t, p.Look(t.Context()))
			<-time.After(time.Second)
			source.block()
		}
		<-time.After(12*time.Second + 1)
		require.Nil(t, p.Look(t.Context()), "a block came meanwhile")
		<-time.After(12*time.Second + 1)
		require.Equal(t, api.ProblemStalled, p.Look(t.Context()).Code, "catching up with nobody")
	})
}

// TestPulseReplicas verifies that two stopped dbcd behind one address, one
// block apart, do not count as progress.
func TestPulseReplicas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &clockwork{interval: time.Second, known: time.Second}
		p := newPulse(source, "", nil)
		heads := []Head{{Height: 7, Time: time.Now()}, {Height: 8, Time: time.Now().Add(time.Second)}}
		for i := range 14 {
			source.head = heads[i%2]
			p.Look(t.Context())
			<-time.After(time.Second)
		}
		require.Equal(t, api.ProblemStalled, p.Look(t.Context()).Code)
		require.EqualValues(t, 8, p.Problem().Height)
	})
}

func TestPulseSilence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &clockwork{err: ErrUnreachable, interval: time.Second}
		p := newPulse(source, "a", nil)
		require.Equal(t, &api.Problem{Code: api.ProblemUnreachable}, p.Look(t.Context()))
		source.err, source.head = nil, Head{ChainID: "b", Height: 3, Time: time.Now()}
		require.Equal(t, &api.Problem{Code: api.ProblemOther}, p.Look(t.Context()))
		source.head.ChainID = "a"
		require.Nil(t, p.Look(t.Context()))
		source.err = ErrUnreachable
		<-time.After(4 * time.Second)
		require.Equal(t, &api.Problem{Code: api.ProblemUnreachable, Height: 3, AgeSeconds: 4}, p.Look(t.Context()))
		ended, end := context.WithCancel(t.Context())
		end()
		source.err = nil
		require.Equal(t, api.ProblemUnreachable, p.Look(ended).Code, "a question that was given up tells nothing")
		require.Zero(t, source.asked)
	})
}
