package chain

import (
	"context"
	"sync"
	"time"

	"github.com/dbc-network/dbc/api"
)

const (
	// pulseEvery is the interval between queries of the newest block;
	// pulseLimit bounds one query.
	pulseEvery = time.Second
	pulseLimit = 2 * time.Second
	// pulseBlocks is the number of blocks from which the usual interval is
	// computed. CometBFT returns 20.
	pulseBlocks = 20
)

// pulseSource is what a Pulse queries.
type pulseSource interface {
	Newest(ctx context.Context) (Head, error)
	// Interval returns the usual time between the blocks up to a height, or 0.
	Interval(ctx context.Context, height int64) (time.Duration, error)
}

var _ pulseSource = (*Client)(nil)

// Pulse monitors whether a chain makes progress. The age of a block is measured
// by this computer's clock until a newer one is seen, and from then on by its
// arrival, so that a wrong clock neither fakes a stall nor hides one for long.
type Pulse struct {
	source  pulseSource
	chainID string
	changed func(*api.Problem)

	looking sync.Mutex
	mu      sync.Mutex
	looked  bool
	head    Head
	// since is when the newest block counts as produced; begun is the time of
	// the first query.
	since, begun time.Time
	// interval is the usual interval at the height at which it was last read.
	interval   time.Duration
	intervalAt int64
	code       api.ProblemCode
}

// Pulse returns a monitor of the dbcd that does nothing until Run or Look. It
// reports a chain other than the Client's as a problem. changed is called with
// each new problem, and with nil when it is over; it may be nil.
func (c *Client) Pulse(changed func(*api.Problem)) *Pulse { return newPulse(c, c.chainID, changed) }

func newPulse(source pulseSource, chainID string, changed func(*api.Problem)) *Pulse {
	return &Pulse{source: source, chainID: chainID, changed: changed}
}

// Run calls Look every second until ctx is done.
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

// Look queries the newest block and returns the current problem, or nil.
func (p *Pulse) Look(ctx context.Context) *api.Problem {
	p.looking.Lock()
	defer p.looking.Unlock()
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, pulseLimit)
	defer cancel()
	head, err := p.source.Newest(ctx)
	if parent.Err() != nil {
		return p.Problem() // the query was cancelled, which says nothing about the chain
	}
	now := time.Now()
	before, quiet := p.note(head, err, now)
	if quiet > minStall {
		p.learn(ctx, head.Height)
	}
	after := p.classify(head, err, now)
	if p.changed != nil && before != after {
		p.changed(p.Problem())
	}
	return p.Problem()
}

// note records what was seen, and returns the previous code and how long there
// was no block.
func (p *Pulse) note(head Head, err error, now time.Time) (before api.ProblemCode, quiet time.Duration) {
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
		// A node that catches up has old blocks for another reason, and a chain
		// without a block has no block time yet.
		if !head.CatchingUp && head.Height > 0 && head.Time.Before(now) {
			p.since = head.Time
		}
		p.looked, p.head = true, head
	// Several dbcd may share one address, one lagging behind the other.
	case head.Time.After(p.head.Time):
		p.since, p.head = now, head
	}
	return p.code, now.Sub(p.since)
}

// learn updates the usual interval. If that fails, the last one stays.
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

func (p *Pulse) classify(head Head, err error, now time.Time) api.ProblemCode {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err != nil:
		p.code = api.ProblemUnreachable
	case p.isOther(head):
		p.code = api.ProblemOther
	case now.Sub(p.since) > StallAfter(p.interval):
		p.code = api.ProblemStalled
	default:
		p.code = ""
	}
	return p.code
}

func (p *Pulse) isOther(head Head) bool { return p.chainID != "" && head.ChainID != p.chainID }

// Height returns the height of the newest block seen.
func (p *Pulse) Height() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head.Height
}

// Seen returns the newest block and its age, by the same clock as Problem. ok is false
// before the first.
func (p *Pulse) Seen() (height int64, age time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head.Height, time.Since(p.since), p.looked
}

// Problem returns the problem that the last Look found, with its age up to now,
// or nil.
func (p *Pulse) Problem() *api.Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code == "" {
		return nil
	}
	return &api.Problem{
		Code: p.code, Height: p.head.Height, AgeSeconds: int64(time.Since(p.since) / time.Second), IntervalMillis: p.interval.Milliseconds(),
	}
}

// Interval returns the usual time between the blocks up to a height, or 0 if
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
