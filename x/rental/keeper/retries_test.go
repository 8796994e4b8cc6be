package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// failures are the failed attempts that the block reported.
func (c *chain) failures() []xrental.EventDueFailed {
	c.Helper()
	var all []xrental.EventDueFailed
	for _, event := range c.ctx.EventManager().Events().ToABCIEvents() {
		parsed, err := sdk.ParseTypedEvent(event)
		if err != nil {
			continue // an event of the bank
		}
		if failed, ok := parsed.(*xrental.EventDueFailed); ok {
			all = append(all, *failed)
		}
	}
	return all
}

// Each attempt is made once, at its time and not before, until there are ten.
func TestRetriesWaitTwiceAsLongEachTime(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustRent(c.renters[0], id, hour, 1)
	c.flaky.fail[1] = true
	at, delay := 30*time.Minute, time.Minute
	for attempt := uint32(1); attempt <= 10; attempt++ {
		c.at(at - 1)
		c.end()
		require.Empty(t, c.failures(), "attempt %d comes too early", attempt)
		c.at(at)
		c.end()
		require.Equal(t, []xrental.EventDueFailed{{
			RentId: 1, Attempts: attempt, Parked: attempt == 10, Error: "injected failure of rental 1",
		}}, c.failures())
		at, delay = at+delay, 2*delay
	}
	for _, after := range []time.Duration{at, at + 1000*time.Hour} {
		c.at(after)
		c.end()
		require.Empty(t, c.failures(), "a parked one waits for a message")
	}
}

// What failed and then was not due any more starts over when it fails again.
func TestAttemptsAreForgottenOnceItIsNotDue(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustRent(c.renters[0], id, hour, 1)
	c.at(5 * time.Minute)
	c.flaky.fail[1] = true
	require.NoError(t, c.setOffline(id))
	require.Len(t, c.failures(), 1)
	require.NoError(t, c.setOnline(id))
	c.at(6 * time.Minute)
	c.end()
	require.Empty(t, c.failures(), "not due")
	c.at(30 * time.Minute)
	c.end()
	require.Len(t, c.failures(), 1)
	require.EqualValues(t, 1, c.failures()[0].Attempts)
}
