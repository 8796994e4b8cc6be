package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// While a challenge decides about a trial, its renter may not rent on the machine,
// even without a cooldown, and whether or not a block recorded that it is over.
func TestAuditUndecidedTrialBarsBeforeItIsRecorded(t *testing.T) {
	t.Parallel()
	for name, recorded := range map[string]bool{"recorded": true, "not recorded": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			c.params(func(p *xrental.Params) { p.TrialCooldown = 0 })
			id := c.bond(1, 2)
			c.mustRent(c.renters[0], id, 2*hour, 1)
			c.at(25 * time.Minute)
			require.NoError(t, c.challenge(c.renters[2], id))
			c.at(30 * time.Minute)
			if recorded {
				c.end()
			}
			_, err := c.rent(c.renters[0], id, hour, 1)
			require.ErrorIs(t, err, xrental.ErrCooldown)
			require.NoError(t, c.answer(id))
			c.end()
			_, err = c.rent(c.renters[0], id, hour, 1)
			require.NoError(t, err, "it is decided, and there is no cooldown")
		})
	}
}
