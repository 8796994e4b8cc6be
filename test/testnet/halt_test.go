package testnet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/rental"
)

// maxGap is the testnet's max_block_gap, short so that a halt can be waited for.
const maxGap = 5 * time.Second

// TestPowerCuts kills one validator, then two, of four. With one gone rentals
// go on; with two gone the chain stands still, and when they are back nothing
// is lost: the trial has the time back that nobody could confirm in, and the
// end of the rental is where it was.
func TestPowerCuts(t *testing.T) {
	m := newMarket(t, testnet.Config{Params: map[string]map[string]any{"machine": {"max_block_gap": maxGap.String()}}})
	kept := m.rent(0)
	m.confirm(0, kept)

	require.NoError(t, m.Validators[3].Kill())
	trial := m.rent(0)
	m.moreBlocks(1, 3)
	require.Equal(t, rental.RENTAL_STATE_TRIAL, m.rental(1, trial).State)

	require.NoError(t, m.Validators[2].Kill())
	still := m.standstill(0, maxGap+3*time.Second)
	require.Equal(t, rental.RENTAL_STATE_TRIAL, m.rental(0, trial).State, "queries go on")
	before := m.rental(0, trial)

	require.NoError(t, m.Validators[2].Start(m.ctx()))
	require.NoError(t, m.Validators[3].Start(m.ctx()))
	m.agree(still + 4)
	now := m.moreBlocks(0, 1)
	after := m.rental(0, trial)
	halted := m.halted(still, now, maxGap)
	require.Greater(t, halted, maxGap)
	require.Equal(t, before.Deadline.Add(halted), after.Deadline, "the trial has the time back")
	require.Equal(t, before.End, after.End, "an end does not move")
	require.Equal(t, before.Paid, after.Paid)
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, m.rental(3, kept).State)
	m.confirm(3, trial)
	m.agree(m.moreBlocks(0, 1))
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, m.rental(2, trial).State)
}

// standstill waits until no block came for a while, and returns the height.
// That nothing comes can only be seen by waiting.
func (m *market) standstill(of int, long time.Duration) int64 {
	m.t.Helper()
	ctx := m.ctx()
	wakes, err := m.Validators[of].Client.Watch(ctx)
	require.NoError(m.t, err)
	silence := time.NewTimer(long)
	defer silence.Stop()
	for height := m.height(of); ; {
		select {
		case <-silence.C:
			require.Equal(m.t, height, m.height(of))
			return height
		case <-wakes:
			if now := m.height(of); now != height {
				height = now
				silence.Reset(long)
			}
		case <-ctx.Done():
			m.t.Fatalf("blocks go on at height %d", height)
		}
	}
}
