package chain

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// ProblemCode names a reason not to rely on a chain now.
type ProblemCode string

// The codes.
const (
	// CodeStalled: the dbcd answers, and several usual intervals brought no block.
	CodeStalled ProblemCode = "CHAIN_STALLED"
	// CodeUnreachable: the dbcd does not answer.
	CodeUnreachable ProblemCode = "CHAIN_UNREACHABLE"
	// CodeOther: the dbcd serves another chain.
	CodeOther ProblemCode = "CHAIN_OTHER"
	// CodeFell: the height fell.
	CodeFell ProblemCode = "CHAIN_FELL"
)

// Problem says by a code and its parameters why a chain can't be relied on.
type Problem struct {
	Code ProblemCode `json:"code"`
	// Height is of the newest block that was seen, 0 where none was.
	Height int64 `json:"height"`
	// AgeSeconds counts from that block.
	AgeSeconds int64 `json:"age_s"`
	// IntervalMillis is the usual time between blocks, 0 where it is not known.
	IntervalMillis int64 `json:"block_interval_ms"`
}

// String is the sentence for logs and terminals.
func (p Problem) String() string {
	age := time.Duration(p.AgeSeconds) * time.Second
	usual := ""
	if p.IntervalMillis > 0 {
		usual = fmt.Sprintf(", where one comes every %s", time.Duration(p.IntervalMillis)*time.Millisecond)
	}
	newest := fmt.Sprintf("its newest block %d is %s old%s", p.Height, age, usual)
	if p.Height == 0 {
		newest = fmt.Sprintf("no block was seen for %s", age)
	}
	switch p.Code {
	case CodeStalled:
		return "the chain stands still: " + newest + "; see whether dbcd has room on its disk, and its validators each other"
	case CodeUnreachable:
		return "the chain's node does not answer: " + newest
	case CodeOther:
		return "the chain's node serves another chain"
	case CodeFell:
		return "the chain's height fell"
	}
	return string(p.Code)
}

const (
	// missedBlocks is how many usual intervals without a block are a stall. Fewer
	// happen on a sound network: a block's time is that of the votes before it, and
	// a flood may double the interval.
	missedBlocks = 4
	// A proposer that is away costs a round of eight seconds, whatever the interval.
	minStall = 12 * time.Second
	// A stall is told before a compute node stops to believe the chain.
	maxStall = 40 * time.Second
	// unknownInterval is a public network's, for a chain too young to have one.
	unknownInterval = 5 * time.Second
)

// StallAfter returns how long a chain with the given usual interval may bring no
// block before it counts as stalled; 0 is an unknown interval.
func StallAfter(interval time.Duration) time.Duration {
	if interval <= 0 {
		interval = unknownInterval
	}
	return min(max(missedBlocks*interval, minStall), maxStall)
}

// usualInterval returns the median of the times between blocks, which one halt
// or a burst does not move, or 0 where there are too few to tell.
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
