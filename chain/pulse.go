package chain

import (
	"context"
	"sync"
	"time"
)

const (
	// pulseEvery is the time between two looks at the newest block, and pulseLimit
	// bounds one.
	pulseEvery = time.Second
	pulseLimit = 2 * time.Second
	// pulseBlocks is how many blocks tell the usual interval; CometBFT gives 20.
	pulseBlocks = 20
)

// pulseSource is what a Pulse asks.
type pulseSource interface {
	Newest(ctx context.Context) (Head, error)
	// Interval returns the usual time between the blocks up to a height, or 0.
	Interval(ctx context.Context, height int64) (time.Duration, error)
}

var _ pulseSource = (*Client)(nil)

// Pulse watches whether a chain goes on. A block's age is measured by this
// computer's clock until a new one is seen, and from then on by when it came, so
// that a wrong clock neither makes a stall nor hides one for long.
type Pulse struct {
	source  pulseSource
	chainID string
	changed func(*Problem)

	looking sync.Mutex
	mu      sync.Mutex
	looked  bool
	head    Head
	// since is when the newest block counts as made; begun when the first look was.
	since, begun time.Time
	// interval is the usual one at the height of its last look.
	interval   time.Duration
	intervalAt int64
	code       ProblemCode
}

// Pulse returns a watch of the dbcd, which sleeps until Run or Look. It refuses
// another chain than the Client's. Changed is called with each new problem and
// with nil when it is over; it may be nil.
func (c *Client) Pulse(changed func(*Problem)) *Pulse { return newPulse(c, c.chainID, changed) }

func newPulse(source pulseSource, chainID string, changed func(*Problem)) *Pulse {
	return &Pulse{source: source, chainID: chainID, changed: changed}
}

// Run looks each second until ctx is done.
func (p *Pulse) Run(ctx context.Context) {
	ticker := time.NewTicker(pulseEvery)
	defer ticker.Stop()
	for {
		p.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look asks for the newest block and returns what is wrong, or nil.
func (p *Pulse) Look(ctx context.Context) *Problem {
	p.looking.Lock()
	defer p.looking.Unlock()
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, pulseLimit)
	defer cancel()
	head, err := p.source.Newest(ctx)
	if parent.Err() != nil {
		return p.Problem() // the question was given up, not answered badly
	}
	now := time.Now()
	before, quiet := p.note(head, err, now)
	if quiet > minStall {
		p.learn(ctx, head.Height)
	}
	after := p.judge(head, err, now)
	if p.changed != nil && before != after {
		p.changed(p.Problem())
	}
	return p.Problem()
}

// note keeps what was seen, and returns the code before and for how long there
// was no block.
func (p *Pulse) note(head Head, err error, now time.Time) (before ProblemCode, quiet time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun.IsZero() {
		p.begun, p.since = now, now
	}
	if err != nil || p.isOther(head) {
		return p.code, 0
	}
	switch {
	case !p.looked:
		// Who catches up has old blocks for another reason, and a chain without a
		// block has no time yet.
		if !head.CatchingUp && head.Height > 0 && head.Time.Before(now) {
			p.since = head.Time
		}
		p.looked, p.head = true, head
	// Behind one address may be several dbcd, one behind the other.
	case head.Time.After(p.head.Time):
		p.since, p.head = now, head
	}
	return p.code, now.Sub(p.since)
}

// learn keeps the usual interval. Where it can't be had the last one holds.
func (p *Pulse) learn(ctx context.Context, height int64) {
	if height == p.intervalAt || height == 0 {
		return
	}
	interval, err := p.source.Interval(ctx, height)
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interval, p.intervalAt = interval, height
}

func (p *Pulse) judge(head Head, err error, now time.Time) ProblemCode {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.code = CodeUnreachable
	case p.isOther(head):
		p.code = CodeOther
	case now.Sub(p.since) > StallAfter(p.interval):
		p.code = CodeStalled
	default:
		p.code = ""
	}
	return p.code
}

func (p *Pulse) isOther(head Head) bool { return p.chainID != "" && head.ChainID != p.chainID }

// Height returns that of the newest block that was seen.
func (p *Pulse) Height() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head.Height
}

// Problem returns what the last look found wrong, aged to now, or nil.
func (p *Pulse) Problem() *Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code == "" {
		return nil
	}
	return &Problem{
		Code: p.code, Height: p.head.Height, AgeSeconds: int64(time.Since(p.since) / time.Second), IntervalMillis: p.interval.Milliseconds(),
	}
}

// Interval returns the usual time between the blocks up to a height, or 0 where
// the dbcd has too few of them.
func (c *Client) Interval(ctx context.Context, height int64) (time.Duration, error) {
	info, err := c.rpc.BlockchainInfo(ctx, max(1, height-pulseBlocks+1), height)
	if err != nil {
		return 0, rpcError(ctx, "ask for the newest blocks", err)
	}
	times := make([]time.Time, 0, len(info.BlockMetas))
	for _, meta := range info.BlockMetas {
		times = append(times, meta.Header.Time)
	}
	return usualInterval(times), nil
}
