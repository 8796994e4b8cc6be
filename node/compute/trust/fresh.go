package trust

import (
	"context"
	"time"
)

// Fresh returns the result of a refresh that started after the call, or the
// last one if ctx ends first. However many callers there are, the dbcd is
// queried at most once per second: one caller queries for all, and continues
// even if it no longer waits itself.
func (c *Chain) Fresh(ctx context.Context) Word {
	c.mu.Lock()
	seen := c.begun
	c.mu.Unlock()
	for !c.hasEnded(seen) {
		c.mu.Lock()
		answered := c.answered
		c.mu.Unlock()
		select {
		case c.turn <- struct{}{}:
			c.lead(ctx, seen)
			<-c.turn
		case <-answered:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
	}
	return c.Word()
}

// lead queries the dbcd when it is time, unless another caller did meanwhile.
func (c *Chain) lead(ctx context.Context, seen uint64) {
	c.mu.Lock()
	wait := askEvery - time.Since(c.asked)
	c.mu.Unlock()
	if wait > 0 && !c.hasEnded(seen) {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
	if !c.hasEnded(seen) {
		c.Refresh(context.WithoutCancel(ctx))
	}
}

// hasEnded reports whether a refresh has ended that started after seen others.
func (c *Chain) hasEnded(seen uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended > seen
}

// begin counts a refresh.
func (c *Chain) begin() (number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun++
	c.asked = time.Now()
	return c.begun
}
