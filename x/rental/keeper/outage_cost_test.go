package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What trials that are opened shortly before an outage cost the host is bounded
// by their fees, one per slot, and costs those who opened them nothing but gas.
// The outage starts with the challenge, so whoever opened the trials chooses
// how old they are then. docs/security.md says what follows from that.
func TestTrialsBeforeAnOutage(t *testing.T) {
	t.Parallel()
	const slots, perWallet = 64, 5
	for _, age := range []time.Duration{0, 11 * time.Minute, 29 * time.Minute} {
		t.Run(age.String(), func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id := c.bond(1, slots)
			for n := range slots {
				c.mustRent(c.stranger(n/perWallet), id, hour, 1)
			}
			c.at(age)
			c.end()
			require.NoError(t, c.challenge(c.renters[0], id))
			before, err := c.machines.GetMachine(c.ctx, id)
			require.NoError(t, err)
			c.at(age + 10*time.Minute)
			c.end()
			after, err := c.machines.GetMachine(c.ctx, id)
			require.NoError(t, err)
			const reward = 10 * dbc
			require.EqualValues(t, slots*fee+reward, before.Stake-after.Stake, "640 DBC, and the challenge's reward")
			require.EqualValues(t, slots*fee, c.module(pool), "nobody gains them")
			for n := range slots / perWallet {
				who := c.stranger(n) // each call gives it 1,000 DBC more
				require.Zero(t, c.balance(who)%(1_000*dbc))
			}
		})
	}
}
