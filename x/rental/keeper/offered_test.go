package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// agree compares what is offered with what can be rented now, by a wallet that
// nothing else keeps from renting. It returns whether it was offered.
func (c *chain) agree(id string, seconds uint64, slots uint32) bool {
	c.Helper()
	quote, refused := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{MachineId: id, DurationSeconds: seconds, Slots: slots})
	before := c.ctx
	defer func() { c.ctx = before }()
	c.ctx, _ = before.CacheContext()
	who := account(99)
	c.fund(who, 1_000_000*dbc)
	got, err := deliver(c, c.msg.RentMachine, &xrental.MsgRentMachine{Renter: who.String(), MachineId: id, DurationSeconds: seconds, Slots: slots})
	if refused != nil {
		require.EqualError(c, err, refused.Error(), "%d slots", slots)
		return false
	}
	require.NoError(c, err, "%d slots: %v", slots, quote)
	if leave := quote.Leave; leave != nil { // what leaving at once, once confirmed, brings
		require.NoError(c, c.confirm(who, got.RentId))
		left, err := c.leaveRental(who, got.RentId)
		require.NoError(c, err)
		require.Equal(c, []any{leave.Refund, leave.End, leave.Rent, leave.At}, []any{left.Refunded, left.End, c.get(got.RentId).Paid, c.ctx.BlockTime()})
	}
	require.Equal(c, *quote, xrental.QueryQuoteResponse{
		Leave: quote.Leave,
		Rent:  got.Rent, Fee: got.Fee, Total: got.Rent + got.Fee, End: got.End, Deadline: &got.Deadline,
		ListingVersion: quote.ListingVersion, Slots: c.get(got.RentId).Slots,
	})
	return true
}

// Whatever Quote offers, RentMachine accepts in that block for that price and with
// those slots, and nothing else, whatever is due, failed or parked on the machine.
func TestWhatIsOfferedCanBeRented(t *testing.T) {
	t.Parallel()
	offered := map[bool]int{}
	rapid.Check(t, func(r *rapid.T) {
		c := newChain(r)
		c.params(func(p *xrental.Params) { p.MaxOpenTrials, p.TrialCooldown, p.MaxDuePerBlock = 100, 0, 2 })
		params := machine.DefaultParams()
		params.DrainNotice = time.Minute
		require.NoError(r, c.machines.Params.Set(c.ctx, params))
		ids := []string{c.bond(1, 8), c.bond(2, 3)}
		c.notice(ids[0], 90*time.Minute)
		after := time.Duration(0)
		machineID := func() string { return rapid.SampledFrom(ids).Draw(r, "machine") }
		last := func() uint64 {
			next, err := c.keeper.NextID.Peek(c.ctx)
			require.NoError(r, err)
			return next - 1
		}
		some := func(r *rapid.T) uint64 {
			if last() == 0 {
				r.Skip("none")
			}
			return rapid.Uint64Range(1, last()).Draw(r, "rental")
		}
		actions := map[string]func(*rapid.T){
			"rent": func(r *rapid.T) {
				who := rapid.SampledFrom(c.renters).Draw(r, "who")
				seconds := rapid.SampledFrom([]uint64{hour, 2 * hour}).Draw(r, "seconds")
				if _, err := c.rent(who, machineID(), seconds, rapid.Uint32Range(0, 3).Draw(r, "slots")); err == nil && rapid.Bool().Draw(r, "confirm") {
					require.NoError(r, c.confirm(who, last()))
				}
			},
			"pass": func(r *rapid.T) {
				after += rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Minute, 30 * time.Minute, time.Hour}).Draw(r, "time")
				c.at(after)
			},
			"halt": func(r *rapid.T) {
				gap := rapid.SampledFrom([]time.Duration{2 * time.Minute, 31 * time.Minute}).Draw(r, "gap")
				after += gap
				c.halt(gap)
			},
			"blocks": func(r *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(r, "blocks") {
					c.end()
					after += time.Hour
					c.at(after)
				}
			},
			"end block": func(*rapid.T) { c.end() },
			"fail":      func(r *rapid.T) { c.flaky.fail[some(r)] = true },
			"panic":     func(r *rapid.T) { c.flaky.panic[some(r)] = true },
			"repair": func(*rapid.T) {
				clear(c.flaky.fail)
				clear(c.flaky.panic)
			},
			"service": func(r *rapid.T) {
				c.setSlots(machineID(), rapid.SampledFrom([][]uint32{nil, {0}, {1, 2}, {0, 1, 2}}).Draw(r, "out")...)
			},
			"offline":   func(*rapid.T) { _ = c.setOffline(machineID()) },
			"online":    func(*rapid.T) { _ = c.setOnline(machineID()) },
			"challenge": func(*rapid.T) { _ = c.challenge(c.renters[2], machineID()) },
			"short": func(r *rapid.T) {
				id := machineID()
				m, err := c.machines.Bonds.Get(c.ctx, id)
				require.NoError(r, err)
				m.StakeRequired = m.Stake + m.Stake/9 + rapid.Uint64Range(0, 2).Draw(r, "more")
				require.NoError(r, c.machines.Bonds.Set(c.ctx, id, m))
			},
			"drain": func(*rapid.T) {
				from := c.ctx.BlockTime().Add(90 * time.Minute)
				_, _ = deliver(c, c.machine.Drain, &machine.MsgDrain{Operator: c.operator.String(), MachineIds: []string{machineID()}, From: &from})
			},
			"": func(*rapid.T) {
				for _, id := range ids {
					for slots := range uint32(9) {
						offered[c.agree(id, hour, slots)]++
					}
				}
			},
		}
		r.Repeat(actions)
	})
	t.Logf("offered %d times, refused %d times", offered[true], offered[false])
	require.Greater(t, offered[true], 1_000)
	require.Greater(t, offered[false], 1_000)
}
