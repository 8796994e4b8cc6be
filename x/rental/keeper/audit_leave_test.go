package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// What an import accepts no message may break: whoever leaves a rental of it has
// one that can be exported, checked and settled.
func TestAuditImportThatLeavingBreaks(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(r *xrental.Rental){
		"as it is": func(*xrental.Rental) {},
		"offline for longer than it lasted": func(r *xrental.Rental) {
			r.Segments[0].OfflineNs = int64(9 * time.Hour)
		},
		"segments that begin later": func(r *xrental.Rental) {
			r.Segments[0].Start = r.Start.Add(5 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, alice := leaving(t)
			c.at(time.Hour)
			n, gs := c.restart()
			edit(&gs.Rentals[0])
			if gs.Validate() != nil || n.keeper.InitGenesis(n.ctx, gs) != nil {
				return // refused
			}
			_, err := n.leaveRental(alice, 1)
			require.NoError(t, err)
			n.sound()
			again, err := n.keeper.ExportGenesis(n.ctx)
			require.NoError(t, err)
			require.NoError(t, again.Validate())
			n.at(3 * time.Hour)
			n.end()
			require.Zero(t, n.module(xrental.ModuleName))
		})
	}
}
