package chain

import (
	"cmp"
	"slices"
	"time"
)

const (
	// missedBlocks is the number of usual intervals without a block that count
	// as a stall. Fewer occur on a healthy network: a block's time is that of
	// the preceding votes, and heavy load may double the interval.
	missedBlocks = 4
	// An absent proposer costs a round of eight seconds, whatever the interval.
	minStall = 12 * time.Second
	// A stall is reported before a compute node stops trusting the chain.
	maxStall = 40 * time.Second
	// unknownInterval is that of a public network. It is used for a chain that
	// is too young to measure.
	unknownInterval = 5 * time.Second
)

// StallAfter returns how long a chain with the given usual interval may go
// without a block before it counts as stalled. 0 means that the interval is
// unknown.
func StallAfter(interval time.Duration) time.Duration {
	if interval <= 0 {
		interval = unknownInterval
	}
	return min(max(missedBlocks*interval, minStall), maxStall)
}

// usualInterval returns the median time between blocks, which neither a halt
// nor a burst shifts, or 0 if there are too few.
func usualInterval(times []time.Time) time.Duration {
	if len(times) < 3 {
		return 0
	}
	times = slices.SortedFunc(slices.Values(times), time.Time.Compare)
	between := make([]time.Duration, len(times)-1)
	for i := range between {
		between[i] = times[i+1].Sub(times[i])
	}
	slices.SortFunc(between, cmp.Compare[time.Duration])
	return between[len(between)/2]
}
