package testnet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/rental"
)

// TestExportMidTrial ends a chain while one rental is in its trial and one is
// active, and begins another with its export: both go on, and the trial has
// the time back in which there was no chain.
func TestExportMidTrial(t *testing.T) {
	m := newMarket(t, testnet.Config{Validators: 1, Params: map[string]map[string]any{"machine": {"max_block_gap": maxGap.String()}}})
	active, trial := m.rent(0), m.rent(0)
	m.confirm(0, active)
	v := m.Validators[0]
	last := m.moreBlocks(0, 1)
	before, kept := m.rental(0, trial), m.rental(0, active)
	money, err := v.Client.Balance(m.ctx(), before.Renter)
	require.NoError(t, err)
	require.NoError(t, v.Stop())
	stopped := time.Now()

	_, err = v.Query(m.ctx(), "export", "--output-document", v.Genesis())
	require.NoError(t, err)
	_, err = v.Query(m.ctx(), "genesis", "validate")
	require.NoError(t, err)
	_, err = v.Query(m.ctx(), "comet", "unsafe-reset-all")
	require.NoError(t, err)
	<-time.After(time.Until(stopped.Add(maxGap))) // the new chain's gap is to count as a halt

	require.NoError(t, v.Start(m.ctx()))
	require.NoError(t, v.WaitHeight(m.ctx(), last+4))
	after := m.rental(0, trial)
	require.Equal(t, rental.RENTAL_STATE_TRIAL, after.State)
	require.Greater(t, after.Deadline.Sub(before.Deadline), maxGap)
	require.Less(t, after.Deadline.Sub(before.Deadline), time.Since(stopped)+maxGap)
	require.Equal(t, before.End, after.End, "an end does not move")
	require.Equal(t, kept, m.rental(0, active))
	same, err := v.Client.Balance(m.ctx(), before.Renter)
	require.NoError(t, err)
	require.Equal(t, money, same)
	m.confirm(0, trial)
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, m.rental(0, trial).State)
}
