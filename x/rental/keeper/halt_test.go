package keeper_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// A halt does not turn an outage into paid time, at whatever price the rest was rented.
func TestHaltAcrossTheEndPaysForNoOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		renew uint64 // at a hundred times the price
		want  uint64
	}{
		"one price":                      {0, dbc},
		"a renewal a hundred times dear": {12 * hour, dbc},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id, alice := c.bond(1, 1), c.renters[0]
			c.mustActive(alice, id, 12*hour, 0)
			if test.renew > 0 {
				c.price(id, 100*price)
				_, err := c.relet(alice, 1, test.renew)
				require.NoError(t, err)
			}
			c.at(time.Hour)
			require.NoError(t, c.setOffline(id))
			c.at(11 * time.Hour)
			c.halt(24 * time.Hour)
			c.end()
			require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State, "a halt moves no end")
			require.Equal(t, test.want, c.get(1).Claimed, "of twelve hours one was online")
			require.EqualValues(t, 10*time.Hour, c.get(1).OutageNs, "nobody is offline because the chain stands still")
		})
	}
}

// An outage that contains a halt counts as long for the renter who may break
// for it as without the halt.
func TestHaltIsNoOutageToBreakFor(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 100*hour, 0)
	require.NoError(t, c.setOffline(id))
	c.at(30 * time.Minute)
	c.halt(5 * time.Hour)
	c.at(6 * time.Hour)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState, "offline for an hour, in which the chain ran")
	c.at(6*time.Hour + 1)
	require.NoError(t, c.breakRental(alice.String(), 1))
	require.EqualValues(t, time.Hour+1, c.get(1).OutageNs)
	require.Zero(t, c.balance(c.payout))
}

func (c *chain) price(id string, price uint64) {
	c.Helper()
	_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{Operator: c.operator.String(), Prices: []machine.PriceChange{{MachineId: id, PricePerDay: price}}})
	require.NoError(c, err)
}

type interval struct{ from, to time.Time }

// naive is a rental as a clerk would keep its books: what was rented at which
// price, and when the machine was away, in the order in which it happened.
type naive struct {
	rented       []interval
	rents        []uint64
	away, halted []interval
	offline      bool
	asked        time.Time
}

func shared(a, b interval) int64 {
	var n int64
	if lo, hi := max(a.from.UnixNano(), b.from.UnixNano()), min(a.to.UnixNano(), b.to.UnixNano()); hi > lo {
		n = hi - lo
	}
	return n
}

// earned returns what was earned at a time, by sums over all pairs of intervals.
func (n *naive) earned(at time.Time) uint64 {
	total := new(big.Int)
	for i, span := range n.rented {
		seen := shared(span, interval{span.from, at})
		for _, away := range n.away {
			if away.to.IsZero() || away.to.After(at) {
				away.to = at
			}
			seen -= shared(span, away)
		}
		part := new(big.Int).Mul(new(big.Int).SetUint64(n.rents[i]), big.NewInt(seen))
		total.Add(total, part.Div(part, big.NewInt(int64(span.to.Sub(span.from)))))
	}
	return total.Uint64()
}

// outage returns how much of the absences was inside the rental while the chain ran.
func (n *naive) outage(at time.Time) (sum int64) {
	whole := interval{n.rented[0].from, n.rented[len(n.rented)-1].to}
	for _, away := range n.away {
		if away.to.IsZero() || away.to.After(at) {
			away.to = at
		}
		if away.from = later(away.from, whole.from); away.to.After(whole.to) {
			away.to = whole.to
		}
		sum += max(0, int64(away.to.Sub(away.from)))
		for _, halt := range n.halted {
			sum -= shared(away, halt)
		}
	}
	return sum
}

// mayBreak reports whether a renter had more than an hour of outage, or a tenth
// of the rental, that lasts or was over less than a day of the chain's time ago.
func (n *naive) mayBreak(now time.Time) bool {
	outage := n.outage(now)
	length := int64(n.rented[len(n.rented)-1].to.Sub(n.rented[0].from))
	if outage*10 <= length && outage <= int64(time.Hour) || outage == 0 {
		return false
	}
	if n.offline {
		return true
	}
	for i := len(n.away) - 1; i >= 0; i-- {
		last := n.away[i]
		counts := shared(last, interval{n.rented[0].from, now})
		for _, halt := range n.halted {
			counts -= shared(last, halt)
		}
		if counts == 0 {
			continue // the chain was halted all the while
		}
		since := interval{last.to, now}
		ran := shared(since, since)
		for _, halt := range n.halted {
			ran -= shared(since, halt)
		}
		return ran < int64(24*time.Hour)
	}
	return false
}

// renewed adds a span; at exactly the last one's price both become one.
func (n *naive) renewed(span interval, rent uint64) {
	i := len(n.rents) - 1
	last := n.rented[i]
	if n.rents[i]*uint64(span.to.Sub(span.from)/time.Second) == rent*uint64(last.to.Sub(last.from)/time.Second) {
		n.rented[i].to = span.to
		n.rents[i] += rent
		return
	}
	n.rented, n.rents = append(n.rented, span), append(n.rents, rent)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (n *naive) back(now time.Time) {
	if n.offline {
		n.away[len(n.away)-1].to = now
	}
	n.offline = false
}

func (n *naive) gone(since time.Time) {
	n.away = append(n.away, interval{from: since})
	n.offline, n.asked = true, time.Time{}
}

// Whatever order halts, outages, renewals, claims, challenges and settlements come in,
// host and renter get what a clerk computes from the same list of intervals.
func TestMoneyIsThatOfTheIntervals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newChain(r)
		id, alice, bob := c.bond(1, 1), c.renters[0], c.renters[1]
		c.params(func(p *xrental.Params) { p.MaxSegments, p.DurationUnit, p.MinDuration = 4, time.Minute, time.Minute })
		c.at(0)
		first := uint64(rapid.IntRange(1, 300).Draw(r, "minutes")) * 60
		c.mustActive(alice, id, first, 0)
		model := &naive{
			rented: []interval{{genesisTime, c.get(1).End}}, rents: []uint64{c.get(1).Paid},
		}
		var paid uint64
		over := func() bool {
			return !c.ctx.BlockTime().Before(c.get(1).End) || c.get(1).State != xrental.RENTAL_STATE_ACTIVE
		}
		block := func(gap time.Duration, halt bool) {
			before := c.ctx.BlockTime()
			if halt {
				c.halt(gap)
				model.halted = append(model.halted, interval{before, c.ctx.BlockTime()})
			} else {
				c.at(before.Add(gap).Sub(genesisTime))
			}
			c.end()
			m, err := c.machines.GetMachine(c.ctx, id)
			require.NoError(c, err)
			if m.State == machine.MACHINE_STATE_OFFLINE && !model.offline {
				model.gone(model.asked)
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"block": func(t *rapid.T) {
				block(time.Duration(rapid.Int64Range(1, int64(20*time.Minute)).Draw(t, "time")), false)
			},
			"halt": func(t *rapid.T) {
				block(time.Duration(rapid.Int64Range(int64(61*time.Second), int64(2*time.Hour)).Draw(t, "gap")), true)
			},
			"offline": func(*rapid.T) {
				if c.setOffline(id) == nil {
					model.gone(c.ctx.BlockTime())
				}
			},
			"online": func(*rapid.T) {
				if c.setOnline(id) == nil {
					model.back(c.ctx.BlockTime())
				}
			},
			"challenge": func(*rapid.T) {
				if c.challenge(bob, id) == nil {
					model.asked = c.ctx.BlockTime()
				}
			},
			"answer": func(*rapid.T) {
				if c.answer(id) == nil {
					model.asked = time.Time{}
				}
			},
			"relet": func(t *rapid.T) {
				c.price(id, rapid.Uint64Range(1440, 500*price).Draw(t, "price"))
				minutes, end := rapid.IntRange(1, 200).Draw(t, "minutes"), c.get(1).End
				if answer, err := c.relet(alice, 1, uint64(minutes)*60); err == nil {
					model.renewed(interval{end, answer.End}, answer.Rent)
				}
			},
			"claim": func(*rapid.T) {
				if over() {
					return
				}
				_, err := c.claim(1)
				require.NoError(c, err)
				if model.asked.IsZero() {
					require.Equal(c, model.earned(c.ctx.BlockTime()), c.get(1).Claimed)
				}
			},
			"": func(*rapid.T) {
				c.sound()
				if right := c.explain(1).RenterBreak; right != nil {
					require.Equal(c, model.mayBreak(c.ctx.BlockTime()), right.Allowed)
					require.Equal(c, right.Allowed, c.breakRentalIn(alice, 1) == nil)
				}
			},
		})
		for !over() || c.unsettled() != 0 { // what has its verdict is settled by the next block
			block(30*time.Minute, false)
		}
		settled := c.get(1)
		closed := settled.Transitions[len(settled.Transitions)-1].Time
		for _, rent := range model.rents {
			paid += rent
		}
		require.Equal(c, paid, settled.Paid)
		require.Equal(c, model.earned(closed), settled.Claimed, "the host")
		require.Equal(c, start-fee-model.earned(closed), c.balance(alice), "the renter gets the rest")
		require.Equal(c, model.outage(closed), settled.OutageNs)
	})
}
