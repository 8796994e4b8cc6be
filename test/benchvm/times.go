package main

import (
	"fmt"
	"slices"
	"time"
)

// times are repeated measurements of one thing.
type times []time.Duration

// median returns the middle one, or the mean of the two in the middle.
func (t times) median() time.Duration {
	if len(t) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(t))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// String returns the median, minimum and maximum.
func (t times) String() string {
	if len(t) == 0 {
		return "none"
	}
	return fmt.Sprintf("%s; %s; %s", short(t.median()), short(slices.Min(t)), short(slices.Max(t)))
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }

// ratio formats the ratio of two durations with two decimals.
func ratio(a, b time.Duration) string {
	if b == 0 {
		return "none"
	}
	hundredths := (100*a + b/2) / b
	return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}

// ratios returns that of each pair.
func ratios(a, b times) (list []string) {
	for i := range min(len(a), len(b)) {
		list = append(list, ratio(a[i], b[i]))
	}
	return list
}
