package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// told returns all of this module's events of an action within one block, in
// order.
func (c *chain) told(act func() error) []proto.Message {
	c.Helper()
	events := sdk.NewEventManager()
	c.ctx = c.ctx.WithEventManager(events)
	require.NoError(c, act())
	require.Same(c, events, c.ctx.EventManager(), "another block would drop the events of this one")
	var all []proto.Message
	for _, event := range events.ABCIEvents() {
		if !strings.HasPrefix(event.Type, "dbc.rental.") {
			continue // the bank's, and those of machines
		}
		message, err := sdk.ParseTypedEvent(event)
		require.NoError(c, err)
		all = append(all, message)
	}
	return all
}

// moved is the event of the first renter's rental 1, whose deadline is after half
// an hour.
func (c *chain) moved(machineID string, from, to xrental.RentalState, reason xrental.Reason, end time.Duration) *xrental.EventTransition {
	return &xrental.EventTransition{
		RentId: 1, Renter: c.renters[0].String(), MachineId: machineID, From: from, To: to, Reason: reason,
		End: genesisTime.Add(end), Deadline: genesisTime.Add(30 * time.Minute),
	}
}

// The events of each end of a trial, with all that was paid.
func TestEventsOfATrial(t *testing.T) {
	t.Parallel()
	const trial, refunded = xrental.RENTAL_STATE_TRIAL, xrental.RENTAL_STATE_REFUNDED
	for name, test := range map[string]struct {
		at      time.Duration
		act     func(c *chain, id string) error
		to      xrental.RentalState
		reason  xrental.Reason
		cause   xrental.Cause
		settled xrental.EventSettled
	}{
		"confirmed": {
			10 * time.Minute, func(c *chain, _ string) error { return c.confirm(c.renters[0], 1) },
			xrental.RENTAL_STATE_ACTIVE, xrental.REASON_CONFIRMED, 0,
			xrental.EventSettled{ToPool: fee},
		},
		"cancelled": {
			10 * time.Minute, func(c *chain, _ string) error { return c.cancelFor(c.renters[0], 1, xrental.CAUSE_CHANGED_MIND) },
			refunded, xrental.REASON_CANCELLED, xrental.CAUSE_CHANGED_MIND,
			xrental.EventSettled{ToRenter: 2 * dbc, ToHost: fee / 2, ToPool: fee / 2},
		},
		"cancelled for a cause": {
			10 * time.Minute, func(c *chain, _ string) error { return c.cancelFor(c.renters[0], 1, xrental.CAUSE_MISMATCH) },
			refunded, xrental.REASON_CANCELLED_FOR_CAUSE, xrental.CAUSE_MISMATCH,
			xrental.EventSettled{ToRenter: 2 * dbc, ToPool: fee},
		},
		"broken by the owner": {
			10 * time.Minute, func(c *chain, _ string) error { return c.breakRental(c.owner.String(), 1) },
			refunded, xrental.REASON_BROKEN_BY_OWNER, 0,
			xrental.EventSettled{ToRenter: 2*dbc + fee, FromStake: fee},
		},
		"broken by governance": {
			10 * time.Minute, func(c *chain, _ string) error { return c.breakRental(c.keeper.Authority(), 1) },
			refunded, xrental.REASON_BROKEN_BY_GOVERNANCE, 0,
			xrental.EventSettled{ToRenter: 2*dbc + fee, FromStake: fee},
		},
		"machine offline": {
			10 * time.Minute, func(c *chain, id string) error { return c.setOffline(id) },
			refunded, xrental.REASON_MACHINE_OFFLINE, 0,
			xrental.EventSettled{ToRenter: 2*dbc + fee, FromStake: fee},
		},
		"not confirmed": {
			30 * time.Minute, func(c *chain, _ string) error { c.end(); return nil },
			refunded, xrental.REASON_NOT_CONFIRMED, 0,
			xrental.EventSettled{ToRenter: 2 * dbc, ToHost: fee / 2, ToPool: fee / 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id := c.bond(1, 1)
			require.Equal(t, []proto.Message{c.moved(id, xrental.RENTAL_STATE_UNSPECIFIED, trial, xrental.REASON_RENTED, 2*time.Hour)},
				c.told(func() error { _, err := c.rent(c.renters[0], id, 2*hour, 1); return err }))
			c.at(test.at)
			moved := c.moved(id, trial, test.to, test.reason, 2*time.Hour)
			moved.Cause = test.cause
			test.settled.RentId = 1
			require.Equal(t, []proto.Message{moved, &test.settled}, c.told(func() error { return test.act(c, id) }))
			c.sound()
		})
	}
}

// The events of each step of a rental, with all that was paid.
func TestEventsOfARental(t *testing.T) {
	t.Parallel()
	const active = xrental.RENTAL_STATE_ACTIVE
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 2*hour, 1)
	c.at(time.Hour)
	require.Equal(t, []proto.Message{&xrental.EventSettled{RentId: 1, ToHost: dbc}},
		c.told(func() error { claimed, err := c.claim(1); require.EqualValues(t, dbc, claimed); return err }))
	require.Empty(t, c.told(func() error { claimed, err := c.claim(1); require.Zero(t, claimed); return err }))
	require.Equal(t, []proto.Message{c.moved(id, active, active, xrental.REASON_RENEWED, 3*time.Hour)},
		c.told(func() error { _, err := c.relet(alice, 1, hour); return err }))
	c.at(3 * time.Hour)
	require.Equal(t, []proto.Message{
		c.moved(id, active, xrental.RENTAL_STATE_ENDED, xrental.REASON_END_REACHED, 3*time.Hour),
		&xrental.EventSettled{RentId: 1, ToHost: 2 * dbc},
	}, c.told(func() error { c.end(); return nil }))
	c.sound()
}

// The events of a break, of the penalty that is held, of a slash and of what is
// finally paid.
func TestEventsOfAPenalty(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.dear(id)
	c.fund(alice, 2_000_000*dbc)
	c.mustActive(alice, id, 50*24*hour, 1)
	paid := c.get(1).Paid
	c.at(36 * time.Minute)
	const earned, held = 600 * dbc, stake - 10*dbc
	require.Equal(t, []proto.Message{
		c.moved(id, xrental.RENTAL_STATE_ACTIVE, xrental.RENTAL_STATE_BROKEN, xrental.REASON_BROKEN_BY_OWNER, 50*24*time.Hour),
		&xrental.EventSettled{RentId: 1, ToHost: earned, ToRenter: paid - earned, FromStake: stake, Held: held},
	}, c.told(func() error { return c.breakRental(c.owner.String(), 1) }))
	require.Equal(t, []proto.Message{&xrental.EventPenaltySlashed{RentId: 1, MachineId: id, Amount: dbc}},
		c.told(func() error { _, err := c.keeper.TakeHeldPenalties(c.ctx, id, pool, dbc); return err }))
	require.Empty(t, c.told(func() error { _, err := c.keeper.TakeHeldPenalties(c.ctx, id, pool, 0); return err }))
	c.at(36*time.Minute + unbonding)
	require.Equal(t, []proto.Message{&xrental.EventPenaltyPaid{RentId: 1, Renter: alice.String(), Amount: held - dbc}},
		c.told(func() error { c.end(); return nil }))
}

// A trial that is over while a challenge is open gets its reason, and its fee its
// recipient, with the challenge.
func TestEventsOfATrialOverInAChallenge(t *testing.T) {
	t.Parallel()
	const refunded = xrental.RENTAL_STATE_REFUNDED
	for answered, want := range map[bool]struct {
		reason  xrental.Reason
		settled xrental.EventSettled
	}{
		false: {xrental.REASON_CHALLENGE_UNANSWERED, xrental.EventSettled{RentId: 1, ToRenter: fee, FromStake: fee}},
		true:  {xrental.REASON_NOT_CONFIRMED, xrental.EventSettled{RentId: 1, ToHost: fee / 2, ToPool: fee / 2}},
	} {
		c := newChain(t)
		id := c.bond(1, 1)
		c.mustRent(c.renters[0], id, 2*hour, 1)
		c.at(25 * time.Minute)
		require.NoError(t, c.challenge(c.renters[1], id))
		c.at(30 * time.Minute)
		require.Equal(t, []proto.Message{
			c.moved(id, xrental.RENTAL_STATE_TRIAL, refunded, xrental.REASON_CHALLENGE_OPEN, 2*time.Hour),
			&xrental.EventSettled{RentId: 1, ToRenter: 2 * dbc},
		}, c.told(func() error { c.end(); return nil }))
		c.at(34 * time.Minute)
		if answered {
			require.NoError(t, c.answer(id))
		}
		c.at(35 * time.Minute)
		require.Equal(t, []proto.Message{c.moved(id, refunded, refunded, want.reason, 2*time.Hour), &want.settled},
			c.told(func() error { c.end(); return nil }))
		require.Equal(t, rental.StateRefunded, rental.State(c.get(1).State))
	}
}
