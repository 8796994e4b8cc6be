package keeper_test

import (
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// notice gives a listing an exit notice, and changes nothing else of it.
func (c *chain) notice(id string, notice time.Duration) {
	c.Helper()
	m, err := c.machines.Bonds.Get(c.ctx, id)
	require.NoError(c, err)
	m.ExitNoticeSeconds = uint64(notice / time.Second)
	require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
}

func (c *chain) setListing(id string, perDay, noticeSeconds uint64) {
	c.Helper()
	_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{
		Operator: c.operator.String(),
		Prices:   []machine.PriceChange{{MachineId: id, PricePerDay: perDay, ExitNoticeSeconds: noticeSeconds}},
	})
	require.NoError(c, err)
}

func (c *chain) leaveRental(renter sdk.AccAddress, id uint64) (*xrental.MsgLeaveRentalResponse, error) {
	return deliver(c, c.msg.LeaveRental, &xrental.MsgLeaveRental{Renter: renter.String(), RentId: id})
}

func (c *chain) mustLeave(renter sdk.AccAddress, id uint64) *xrental.MsgLeaveRentalResponse {
	c.Helper()
	response, err := c.leaveRental(renter, id)
	require.NoError(c, err)
	c.sound()
	return response
}

// leaving is a machine with an exit notice of an hour and an active rental of ten.
func leaving(t *testing.T) (c *chain, id string, alice sdk.AccAddress) {
	t.Helper()
	c = newChain(t)
	id, alice = c.bond(1, 2), c.renters[0]
	c.notice(id, time.Hour)
	c.mustActive(alice, id, 10*hour, 1)
	return c, id, alice
}

// A renter who leaves pays for the notice and not a udbc more. The host gets
// exactly that, and the slot is free at the new end.
func TestLeaveReturnsTheRest(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	c.at(90 * time.Minute)
	events := c.told(func() error {
		left := c.mustLeave(alice, 1)
		require.Equal(t, xrental.MsgLeaveRentalResponse{RentId: 1, Refunded: 7*dbc + dbc/2, End: genesisTime.Add(150 * time.Minute)}, *left)
		return nil
	})
	const active = xrental.RENTAL_STATE_ACTIVE
	require.Equal(t, []proto.Message{
		c.moved(id, active, active, xrental.REASON_LEFT, 150*time.Minute),
		&xrental.EventSettled{RentId: 1, ToRenter: 7*dbc + dbc/2},
	}, events)
	r := c.get(1)
	require.Equal(t, genesisTime.Add(10*time.Hour), *r.LongestEnd)
	require.EqualValues(t, 2*dbc+dbc/2, r.Paid)
	require.EqualValues(t, 7*dbc+dbc/2, r.Transitions[len(r.Transitions)-1].Refunded)
	c.at(150 * time.Minute)
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State, "over before a block records it")
	c.end()
	require.EqualValues(t, 2*dbc+dbc/2, c.balance(c.payout))
	require.EqualValues(t, start-fee-2*dbc-dbc/2, c.balance(alice))
	require.Zero(t, c.module(xrental.ModuleName))
	c.mustRent(alice, id, hour, 2)
}

// A second notice, and one within the last hour, change nothing and say so.
func TestLeaveTwiceReturnsNothingMore(t *testing.T) {
	t.Parallel()
	c, _, alice := leaving(t)
	c.at(time.Hour)
	first := c.mustLeave(alice, 1)
	before, lines := c.balance(alice), len(c.get(1).Transitions)
	for _, after := range []time.Duration{time.Hour, time.Hour + 1, 2*time.Hour - 1} {
		c.at(after)
		require.Empty(t, c.told(func() error {
			again := c.mustLeave(alice, 1)
			require.Zero(t, again.Refunded)
			require.Equal(t, first.End, again.End)
			return nil
		}))
	}
	require.Equal(t, before, c.balance(alice))
	require.Len(t, c.get(1).Transitions, lines, "a notice that changes nothing takes no line of the history")
	c.at(2 * time.Hour)
	_, err := c.leaveRental(alice, 1)
	require.ErrorIs(t, err, xrental.ErrLate)
}

func TestLeaveIsRefused(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	trial := c.mustRent(alice, id, 2*hour, 1)
	firm := c.bond(2, 1)
	kept := c.mustActive(alice, firm, 2*hour, 1)
	c.notice(firm, time.Hour) // after it was rented
	for name, test := range map[string]struct {
		msg  xrental.MsgLeaveRental
		want error
		says string
	}{
		"a trial":              {xrental.MsgLeaveRental{Renter: alice.String(), RentId: trial}, xrental.ErrState, "CancelRent"},
		"without a notice":     {xrental.MsgLeaveRental{Renter: alice.String(), RentId: kept}, xrental.ErrState, "exit_notice_seconds of rental 3 is 0"},
		"somebody else's":      {xrental.MsgLeaveRental{Renter: c.renters[1].String(), RentId: 1}, xrental.ErrUnauthorized, "rental 1 is of"},
		"the owner":            {xrental.MsgLeaveRental{Renter: c.owner.String(), RentId: 1}, xrental.ErrUnauthorized, "rental 1 is of"},
		"an unknown one":       {xrental.MsgLeaveRental{Renter: alice.String(), RentId: 99}, xrental.ErrNotFound, "99"},
		"a machine with two":   {xrental.MsgLeaveRental{Renter: alice.String(), MachineId: id}, xrental.ErrAmbiguous, "[1 2]"},
		"another machine's id": {xrental.MsgLeaveRental{Renter: alice.String(), RentId: 1, MachineId: firm}, xrental.ErrInvalid, "leave one of the two out"},
		"nothing named":        {xrental.MsgLeaveRental{Renter: alice.String()}, xrental.ErrInvalid, "give one of the two"},
	} {
		_, err := deliver(c, c.msg.LeaveRental, &test.msg)
		require.ErrorIs(t, err, test.want, name)
		require.ErrorContains(t, err, test.says, name)
	}
	_, err := c.leaveRental(alice, trial)
	_, values := detail.Read(err.Error())
	require.Equal(t, map[string]string{"rent_id": "2", "state": "trial"}, values)
	require.NoError(t, c.cancelFor(alice, trial, xrental.CAUSE_CHANGED_MIND))
	left, err := deliver(c, c.msg.LeaveRental, &xrental.MsgLeaveRental{Renter: alice.String(), MachineId: id})
	require.NoError(t, err)
	require.EqualValues(t, 1, left.RentId)
}

// The notice is the listing's when it was rented, whatever the host does later:
// renewals keep it.
func TestNoticeIsFixedWhenRented(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	version := func() uint64 {
		m, err := c.machines.GetMachine(c.ctx, id)
		require.NoError(t, err)
		return m.ListingVersion
	}
	before := version()
	c.setListing(id, price, 7*24*hour)
	require.Equal(t, before+1, version())
	_, err := deliver(c, c.msg.RentMachine, &xrental.MsgRentMachine{Renter: c.renters[1].String(), MachineId: id, DurationSeconds: hour, Slots: 1, ListingVersion: before})
	require.ErrorIs(t, err, xrental.ErrListingMoved)
	_, err = c.relet(alice, 1, 10*hour)
	require.NoError(t, err)
	require.EqualValues(t, 19*dbc, c.mustLeave(alice, 1).Refunded)

	dear := c.mustActive(alice, id, 10*24*hour, 1)
	c.notice(id, 0)
	require.EqualValues(t, 3*24*dbc, c.mustLeave(alice, dear).Refunded, "nor does it get out of a long one")
	for _, seconds := range []uint64{1, 3_599, 604_801} {
		_, err := deliver(c, c.machine.SetPrice, &machine.MsgSetPrice{
			Operator: c.operator.String(), Prices: []machine.PriceChange{{MachineId: id, PricePerDay: price, ExitNoticeSeconds: seconds}},
		})
		require.ErrorIs(t, err, machine.ErrExitNotice)
	}
}

// Renewals at other prices are left at their own: the last rented time comes back
// first.
func TestLeaveAfterRenewals(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	c.setListing(id, 2*price, hour)
	_, err := c.relet(alice, 1, 2*hour)
	require.NoError(t, err)
	c.setListing(id, price/2, hour)
	_, err = c.relet(alice, 1, 2*hour)
	require.NoError(t, err)
	require.EqualValues(t, 15*dbc, c.get(1).Paid)
	c.at(10*time.Hour + 30*time.Minute)
	require.EqualValues(t, dbc+dbc, c.mustLeave(alice, 1).Refunded, "the last two hours and half an hour of the dear ones")
	c.at(11*time.Hour + 30*time.Minute)
	c.end()
	require.EqualValues(t, 13*dbc, c.balance(c.payout))
}

// A renewal after a notice is rent for more time at today's price, and can be
// left like any other: each notice is a whole one, and nobody gets back more
// than was paid.
func TestRenewAfterLeaving(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	c.mustLeave(alice, 1)
	c.setListing(id, price/2, 24*hour)
	for range 20 {
		_, err := c.relet(alice, 1, 4*hour)
		require.NoError(t, err)
		left := c.mustLeave(alice, 1)
		require.EqualValues(t, 2*dbc, left.Refunded)
		require.Equal(t, genesisTime.Add(time.Hour), left.End)
	}
	c.at(30 * time.Minute)
	_, err := c.relet(alice, 1, 4*hour)
	require.NoError(t, err)
	left := c.mustLeave(alice, 1)
	require.Equal(t, genesisTime.Add(90*time.Minute), left.End, "an hour from now, not from the first notice")
	c.at(90 * time.Minute)
	c.end()
	require.EqualValues(t, dbc+dbc/4, c.balance(c.payout))
	require.EqualValues(t, start-fee-dbc-dbc/4, c.balance(alice))
}

// What a challenge decides is what it would have decided: time that is earned or
// not, up to the new end.
func TestLeaveDuringAChallenge(t *testing.T) {
	t.Parallel()
	for answered, earned := range map[bool]uint64{true: 2*dbc - 1, false: dbc / 2} { // the rest of a udbc of two spans is the renter's
		c, id, alice := leaving(t)
		c.at(30 * time.Minute)
		require.NoError(t, c.challenge(c.renters[2], id))
		claimed, err := c.claim(1)
		require.NoError(t, err)
		require.EqualValues(t, dbc/2, claimed)
		c.at(35 * time.Minute)
		left := c.mustLeave(alice, 1)
		require.EqualValues(t, 10*dbc-dbc/60*95-dbc%60*95/60, left.Refunded)
		c.at(39 * time.Minute)
		if answered {
			require.NoError(t, c.answer(id))
			c.at(60 * time.Minute)
			_, err := c.relet(alice, 1, hour/2)
			require.NoError(t, err)
			require.Equal(t, genesisTime.Add(2*time.Hour), c.mustLeave(alice, 1).End)
		}
		c.at(40 * time.Minute)
		c.end()
		c.at(2 * time.Hour)
		c.end()
		require.EqualValues(t, earned, c.balance(c.payout), "answered %t", answered)
		require.EqualValues(t, start-fee-earned, c.balance(alice), "answered %t", answered)
		require.Zero(t, c.module(xrental.ModuleName))
	}
}

// The end of a rental that was left comes while a challenge is open: the money
// waits for the verdict as at any end.
func TestLeftEndsInAChallenge(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	c.mustLeave(alice, 1)
	c.at(55 * time.Minute)
	require.NoError(t, c.challenge(c.renters[2], id))
	c.at(time.Hour)
	c.end()
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State)
	require.EqualValues(t, dbc, c.module(xrental.ModuleName))
	c.at(65 * time.Minute)
	c.end()
	require.EqualValues(t, dbc/60*55+dbc%60*55/60, c.balance(c.payout))
	require.Zero(t, c.module(xrental.ModuleName))
}

// From a machine that is offline the renter leaves too, and pays nothing for the
// notice.
func TestLeaveWhileOffline(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	c.at(time.Hour)
	require.NoError(t, c.setOffline(id))
	c.at(65 * time.Minute)
	c.mustLeave(alice, 1)
	c.at(3 * time.Hour)
	c.end()
	require.NoError(t, c.setOnline(id))
	require.EqualValues(t, dbc, c.balance(c.payout))
	require.EqualValues(t, start-fee-dbc, c.balance(alice))
	require.EqualValues(t, 65*time.Minute, c.get(1).OutageNs, "until the new end")
	require.Zero(t, c.module(xrental.ModuleName))
}

// A halt moves no end, so neither the one after a notice.
func TestHaltAfterLeaving(t *testing.T) {
	t.Parallel()
	c, _, alice := leaving(t)
	c.mustLeave(alice, 1)
	c.halt(2 * time.Hour)
	require.Equal(t, xrental.RENTAL_STATE_ENDED, c.get(1).State)
	c.end()
	require.EqualValues(t, dbc, c.balance(c.payout))
}

// Leaving must not make a short outage a long one: the right to break, and with
// it the penalty, is measured by the longest rental that was paid for.
func TestLeavingGivesNoRightToBreak(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.notice(id, time.Hour)
	c.mustActive(alice, id, 100*hour, 1)
	c.at(10 * time.Minute)
	require.NoError(t, c.setOffline(id))
	c.at(40 * time.Minute)
	require.NoError(t, c.setOnline(id))
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState, "half an hour is less than an hour")
	c.mustLeave(alice, 1)
	require.ErrorIs(t, c.breakRental(alice.String(), 1), xrental.ErrState, "and still is")
	c.at(41 * time.Minute)
	require.NoError(t, c.breakRental(c.owner.String(), 1))
	c.sound()
	require.EqualValues(t, start-fee-dbc/60*11-dbc%60*11/60+10*dbc, c.balance(alice), "min_penalty of what was left")
	require.Zero(t, c.module(xrental.ModuleName))
}

// An owner who rents from himself moves only his own money.
func TestOwnerLeavesHisOwnMachine(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.owner, c.payout = c.renters[0], c.renters[0]
	id, alice := c.bond(1, 1), c.renters[0]
	c.notice(id, time.Hour)
	c.mustActive(alice, id, 10*hour, 1)
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	c.mustLeave(alice, 1)
	c.at(time.Hour)
	c.end()
	after, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(t, err)
	require.Equal(t, m.Stake, after.Stake)
	require.EqualValues(t, start-fee, c.balance(alice))
}

// At a price of a few udbc a day the rest of a division goes to the renter, and
// an export in between changes nothing.
func TestLeaveInDust(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.setListing(id, 7, hour)
	c.mustActive(alice, id, 40*24*hour, 1) // 280 udbc
	c.at(7 * time.Hour)
	_, err := c.relet(alice, 1, 24*hour)
	require.NoError(t, err)
	require.EqualValues(t, 285, c.mustLeave(alice, 1).Refunded, "2 of 2.33 stay")
	s := c.get(1).Segments[0]
	require.EqualValues(t, 287, s.FullRent)
	require.EqualValues(t, 41*24*time.Hour, s.FullNs)

	n, gs := c.restart()
	require.NoError(t, gs.Validate())
	require.NoError(t, n.keeper.InitGenesis(n.ctx, gs))
	n.fund(alice, 100*dbc)
	again, err := n.keeper.ExportGenesis(n.ctx)
	require.NoError(t, err)
	require.Equal(t, &gs, again)
	for _, chain := range []*chain{c, n} {
		chain.at(7*time.Hour + 30*time.Minute)
		_, err = chain.relet(alice, 1, 24*hour)
		require.NoError(t, err)
		require.EqualValues(t, 7, chain.mustLeave(alice, 1).Refunded, "of the seven nothing is due for half an hour")
		chain.at(9 * time.Hour)
		chain.end()
		require.EqualValues(t, 2, chain.balance(chain.payout))
		require.Zero(t, chain.module(xrental.ModuleName))
	}
}

func TestImportChecksWhatWasLeft(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.setListing(id, 7, hour)
	c.mustActive(alice, id, 40*24*hour, 1)
	c.at(7 * time.Hour)
	c.mustLeave(alice, 1)
	for name, edit := range map[string]func(r *xrental.Rental){
		"a notice that no listing has": func(r *xrental.Rental) { r.ExitNoticeSeconds = 1 },
		"left without a notice":        func(r *xrental.Rental) { r.ExitNoticeSeconds = 0 },
		"left from no longer end":      func(r *xrental.Rental) { r.LongestEnd = nil },
		"left before the start":        func(r *xrental.Rental) { r.LongestEnd = &r.Start },
		"refunded by confirming":       func(r *xrental.Rental) { r.Transitions[1].Refunded = 1 },
		"another rate":                 func(r *xrental.Rental) { r.Segments[0].FullRent *= 2 },
		"no full length":               func(r *xrental.Rental) { r.Segments[0].FullNs = 0 },
	} {
		_, gs := c.restart()
		edit(&gs.Rentals[0])
		require.ErrorContains(t, gs.Validate(), "rental 1", name)
	}
}

// What a query says leaving brings is what leaving brings, now and later.
func TestQuoteOfLeaving(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	quote := func(req xrental.QueryQuoteRequest) *xrental.Leave {
		response, err := c.query.Quote(c.ctx, &req)
		require.NoError(t, err)
		return response.Leave
	}
	want := func(at, end time.Duration, refund, rent uint64) *xrental.Leave {
		return &xrental.Leave{NoticeSeconds: hour, At: genesisTime.Add(at), End: genesisTime.Add(end), Refund: refund, Rent: rent}
	}
	when := func(after time.Duration) *time.Time { at := genesisTime.Add(after); return &at }
	whole, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1})
	require.NoError(t, err)
	require.Equal(t, &xrental.QueryQuoteResponse{
		ListingVersion: 1, End: genesisTime.Add(10 * time.Hour), Slots: []uint32{0}, Leave: want(0, time.Hour, 9*dbc, dbc),
	}, whole, "as it is, and what leaving it brings")
	require.Equal(t, want(5*time.Hour, 6*time.Hour, 4*dbc, 6*dbc), quote(xrental.QueryQuoteRequest{RentId: 1, LeaveAt: when(5 * time.Hour)}))
	require.Equal(t, want(20*time.Hour, 10*time.Hour, 0, 10*dbc), quote(xrental.QueryQuoteRequest{RentId: 1, LeaveAt: when(20 * time.Hour)}))
	require.Equal(t, want(0, time.Hour, 11*dbc, dbc), quote(xrental.QueryQuoteRequest{RentId: 1, DurationSeconds: 2 * hour}), "after a renewal")
	require.Equal(t, want(time.Hour, 2*time.Hour, 3*dbc, 2*dbc), quote(xrental.QueryQuoteRequest{MachineId: id, DurationSeconds: 5 * hour, Slots: 1, LeaveAt: when(time.Hour)}), "of a new one")
	require.Nil(t, quote(xrental.QueryQuoteRequest{MachineId: c.bond(2, 1), DurationSeconds: 5 * hour}), "without a notice")
	_, err = c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1, LeaveAt: when(-1)})
	require.ErrorIs(t, err, xrental.ErrInvalid)

	explained := func() *xrental.QueryExplainResponse {
		response, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 1})
		require.NoError(t, err)
		return response
	}
	c.at(2 * time.Hour)
	before := explained()
	require.Contains(t, before.May, "LeaveRental")
	left := c.mustLeave(alice, 1)
	require.Equal(t, []any{before.Leave.Refund, before.Leave.End, before.Leave.Rent}, []any{left.Refunded, left.End, c.get(1).Paid})
	after := explained()
	require.NotContains(t, after.May, "LeaveRental", "it would bring nothing")
	require.Contains(t, after.Lines[2], "the renter gave notice to leave; the rent beyond the new end went back to the renter: 7 DBC")
	_, err = c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: c.mustRent(alice, id, hour, 1)})
	require.ErrorIs(t, err, xrental.ErrState, "a trial")
}

// Each renewal after a notice may make the rental longer than it ever was: that is the
// longest then, and a shorter one after it is not.
func TestLongestIsTheLongestOfAll(t *testing.T) {
	t.Parallel()
	c, _, alice := leaving(t)
	for renewed, longest := range map[uint64]time.Duration{2 * hour: 10 * time.Hour, 9 * hour: 10 * time.Hour, 20 * hour: 21 * time.Hour} {
		before := c.ctx
		c.ctx, _ = before.CacheContext()
		c.mustLeave(alice, 1)
		_, err := c.relet(alice, 1, renewed)
		require.NoError(t, err)
		c.mustLeave(alice, 1)
		require.Equal(t, genesisTime.Add(time.Hour), c.get(1).End)
		require.Equal(t, genesisTime.Add(longest), *c.get(1).LongestEnd, "renewed by %d s", renewed)
		c.ctx = before
	}
}

// The first block since genesis carries an old time: whatever counts time from now is
// refused in it, and accepted in the next one.
func TestFirstBlockCountsNoTime(t *testing.T) {
	t.Parallel()
	c, id, alice := leaving(t)
	trial := c.mustRent(alice, id, hour, 1)
	for block, refused := range []bool{true, false} {
		require.NoError(t, c.machines.Beginning.Set(c.ctx, machine.Beginning{FirstHeight: c.ctx.BlockHeight() - int64(block)}))
		for name, send := range map[string]func() error{
			"rent":    func() error { _, err := c.rent(alice, c.bond(2, 1), hour, 1); return err },
			"confirm": func() error { return c.confirm(alice, trial) },
			"renew":   func() error { _, err := c.relet(alice, 1, hour); return err },
			"leave":   func() error { _, err := c.leaveRental(alice, 1); return err },
		} {
			before := c.ctx
			c.ctx, _ = before.CacheContext()
			if err := send(); refused {
				require.ErrorIs(t, err, machine.ErrFirstBlock, name)
			} else {
				require.NoError(t, err, name)
			}
			c.ctx = before
		}
	}
}
