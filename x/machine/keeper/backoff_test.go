package keeper_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// TestAChallengersDepositIsBackWithinAnHour verifies that what kept a challenge from
// being closed delays it by little more than it lasted: nobody but the machine's own
// side can close it before the next attempt.
func TestAChallengersDepositIsBackWithinAnHour(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	at, delay := f.challenged(n).Deadline, time.Minute
	f.hooks.fail = errors.New("hook")
	for range 11 {
		f.blockAt(at)
		at, delay = at.Add(delay), min(2*delay, 32*time.Minute)
	}
	f.hooks.fail = nil
	cured := f.ctx.BlockTime().Add(time.Minute)
	f.blockAt(cured)
	_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: challenger, MachineId: n.id})
	require.Error(t, err, "a challenger's message closes nothing")
	f.blockAt(cured.Add(time.Hour))
	require.EqualValues(t, wealth+deposit, f.balance(challenger), "the deposit and the stake's share are still missing an hour after the cure")
}
