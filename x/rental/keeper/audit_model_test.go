package keeper_test

import (
	"math/big"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// An independent model of each rental's fate, based on DESIGN alone: it works
// on logical time and knows no queue, verdict or end block.

type mSpan struct{ from, to time.Time }

type mChallenge struct {
	id       uint64
	at       time.Time
	deadline time.Time // at creation
	halted   time.Duration
	open     bool
	failed   bool // unanswered
}

type mMachine struct {
	id         string
	offline    *time.Time
	spans      []mSpan
	challenges []*mChallenge
}

type mRental struct {
	id       uint64
	renter   string
	m        *mMachine
	start    time.Time
	deadline time.Time
	halted   time.Duration
	end      time.Time
	fee      uint64
	state    string // trial, active, pending, cancelled, cause, late, end, fault, ended, broken
	over     time.Time
	waits    []*mChallenge
	segs     []mSeg
	notice   time.Duration
	endlate  bool
}

// mSeg is a span with its price, of which the time until left is paid for.
type mSeg struct {
	from, to, left time.Time
	rent           uint64
}

// part returns the rent of the span until a time, rounded down.
func (s mSeg) part(until time.Time) uint64 {
	if !until.After(s.from) {
		return 0
	}
	sum := new(big.Int).Mul(new(big.Int).SetUint64(s.rent), big.NewInt(int64(until.Sub(s.from))))
	return sum.Div(sum, big.NewInt(int64(s.to.Sub(s.from)))).Uint64()
}

// leave shortens a rental, and returns what that brings.
func (r *mRental) leave(end time.Time) (refund uint64) {
	for i, s := range r.segs {
		if end.Before(s.left) {
			refund += s.part(s.left) - s.part(end)
			r.segs[i].left = end
		}
	}
	r.end = end
	return refund
}

type model struct {
	*chain
	after    time.Duration
	machines map[string]*mMachine
	ids      []string
	rentals  map[uint64]*mRental
	order    []uint64
	wallets  []sdk.AccAddress
}

func (p *model) halted() time.Duration {
	h, err := p.chain.machines.Halted(p.ctx)
	require.NoError(p, err)
	return h
}

// step advances the model to the block's time.
func (p *model) step() {
	now, halted := p.ctx.BlockTime(), p.halted()
	for _, m := range p.machines {
		for _, c := range m.challenges {
			if c.open {
				if !now.Before(c.deadline.Add(halted - c.halted)) {
					c.open, c.failed = false, true
					p.goOffline(m, c.at)
					for _, other := range m.challenges {
						other.open = false
					}
				}
				break // only the oldest
			}
		}
	}
	for _, id := range p.order {
		p.stepRental(p.rentals[id], now, halted)
	}
}

func (p *model) goOffline(m *mMachine, at time.Time) { t := at; m.offline = &t }

func (p *model) stepRental(r *mRental, now time.Time, halted time.Duration) {
	if r.state == "active" && !now.Before(r.end) {
		r.state, r.over = "ended", r.end
	}
	if r.state == "trial" {
		over, late := r.deadline.Add(halted-r.halted), false
		if r.end.Before(over) {
			over, late = r.end, true
		}
		switch {
		case r.m.offline != nil && r.m.offline.Before(over):
			r.state, r.over = "fault", now
		case !now.Before(over):
			r.over, r.endlate = over, late
			for _, c := range r.m.challenges {
				if c.open && c.at.Before(over) {
					r.waits = append(r.waits, c)
				}
			}
			r.state = "pending"
		}
	}
	p.resolve(r)
}

func (p *model) resolve(r *mRental) {
	if r.state != "pending" {
		return
	}
	open := false
	for _, c := range r.waits {
		if c.failed {
			r.state = "fault"
			return
		}
		open = open || c.open
	}
	if open {
		return
	}
	r.state = "late"
	if r.endlate {
		r.state = "end"
	}
}

func (p *model) resolveAll() {
	for _, id := range p.order {
		p.resolve(p.rentals[id])
	}
}

func (p *model) online(m *mMachine) bool { return m.offline == nil }
