package main

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/rental"
)

// maxAhead is the chain's bound of a length of time, far below where a Duration
// overflows: ten years.
const maxAhead = 10 * 366 * 24 * time.Hour

// moment is a time that a flag names: one of the clock, or so long from now. The zero
// value is none.
type moment struct {
	at time.Time
	in time.Duration
}

func parseClockTime(flag, text string) (moment, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.IsZero() {
		return moment{}, usagef("%s %q: a time such as 2027-01-31T18:00:00Z wanted", flag, text)
	}
	return moment{at: t.UTC()}, nil
}

func parseFromNow(flag, text string) (moment, error) {
	seconds, err := rental.ParseDuration(text)
	if err != nil {
		return moment{}, usagef("%s: %w", flag, err)
	}
	if seconds > uint64(maxAhead/time.Second) {
		return moment{}, usagef("%s %s: at most ten years", flag, text)
	}
	return moment{in: time.Duration(seconds) * time.Second}, nil
}

// parseMoment takes either.
func parseMoment(flag, text string) (moment, error) {
	if m, err := parseClockTime(flag, text); err == nil {
		return m, nil
	}
	if m, err := parseFromNow(flag, text); err == nil {
		return m, nil
	}
	return moment{}, usagef("%s %q: a time such as 2027-01-31T18:00:00Z wanted, or so long from now, at most ten years, such as 12h", flag, text)
}

// on returns the time on a chain, whose clock decides what is now.
func (m moment) on(ctx context.Context, c *chain.Client) (time.Time, error) {
	if !m.at.IsZero() {
		return m.at, nil
	}
	head, err := c.Head(ctx)
	return head.Time.Add(m.in).UTC(), err
}
