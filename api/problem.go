package api

import (
	"fmt"
	"time"
)

// ProblemCode is a reason not to rely on a chain now.
type ProblemCode string

// The codes.
const (
	// ProblemStalled means that the dbcd answers, but produced no block for
	// several usual intervals.
	ProblemStalled ProblemCode = "CHAIN_STALLED"
	// ProblemUnreachable means that the dbcd does not answer.
	ProblemUnreachable ProblemCode = "CHAIN_UNREACHABLE"
	// ProblemOther means that the dbcd serves another chain.
	ProblemOther ProblemCode = "CHAIN_OTHER"
	// ProblemFell means that the height fell.
	ProblemFell ProblemCode = "CHAIN_FELL"
)

// Problem says why a chain cannot be relied on, as a code with parameters.
type Problem struct {
	Code ProblemCode `json:"code"`
	// Height is that of the newest block seen, or 0.
	Height int64 `json:"height"`
	// AgeSeconds is the age of that block.
	AgeSeconds int64 `json:"age_s"`
	// IntervalMillis is the usual time between blocks, or 0 if unknown.
	IntervalMillis int64 `json:"block_interval_ms"`
}

// String returns a sentence for logs and terminals.
func (p Problem) String() string {
	age := time.Duration(p.AgeSeconds) * time.Second
	usual := ""
	if p.IntervalMillis > 0 {
		usual = fmt.Sprintf(", where one comes every %s", time.Duration(p.IntervalMillis)*time.Millisecond)
	}
	newest := fmt.Sprintf("its newest block %d is %s old%s", p.Height, age, usual)
	switch {
	case p.Height == 0 && age == 0:
		newest = "no block was seen yet"
	case p.Height == 0:
		newest = fmt.Sprintf("no block was seen for %s", age)
	}
	switch p.Code {
	case ProblemStalled:
		return "the chain makes no blocks: " + newest + "; check that dbcd's disk is not full, and that its validators are connected"
	case ProblemUnreachable:
		return "the chain's node does not answer: " + newest
	case ProblemOther:
		return "the chain's node serves another chain"
	case ProblemFell:
		return "the chain's height fell"
	}
	return string(p.Code)
}
