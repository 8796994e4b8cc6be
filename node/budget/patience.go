package budget

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Refusals, and answers that anybody may have, are sent immediately while
	// there are few. Beyond that each is delayed, so that callers who wait for
	// their answer cannot ask fast. The number of delayed answers is limited.
	promptSecond = 50
	promptBurst  = 100
	holdFor      = time.Second
	maxHeld      = 512
)

// Patience delays answers that cost the node something without benefit.
type Patience struct {
	prompt *rate.Limiter
	held   atomic.Int64
}

// NewPatience returns a Patience that starts with a full burst of immediate
// answers.
func NewPatience() *Patience { return &Patience{prompt: rate.NewLimiter(promptSecond, promptBurst)} }

// Wait returns when an answer may be sent.
func (p *Patience) Wait(ctx context.Context) {
	if p.prompt.Allow() {
		return
	}
	defer p.held.Add(-1)
	if p.held.Add(1) > maxHeld {
		return
	}
	timer := time.NewTimer(holdFor)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Held returns how many answers are being delayed.
func (p *Patience) Held() int64 { return p.held.Load() }
