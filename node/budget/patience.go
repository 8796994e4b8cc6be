package budget

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Answers that say no, or that anybody may have, are given at once while there
	// are few of them; beyond that each is held for a while, so that callers who
	// wait for their answer can't ask fast. At most so many are held.
	promptSecond = 50
	promptBurst  = 100
	holdFor      = time.Second
	maxHeld      = 512
)

// Patience holds answers back that cost the node something and bring it nothing.
type Patience struct {
	prompt *rate.Limiter
	held   atomic.Int64
}

// NewPatience holds nothing back yet.
func NewPatience() *Patience { return &Patience{prompt: rate.NewLimiter(promptSecond, promptBurst)} }

// Wait returns when an answer may be given.
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

// Held is how many answers are held now.
func (p *Patience) Held() int64 { return p.held.Load() }
