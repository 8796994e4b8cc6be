package chain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/chain"
)

func TestStalled(t *testing.T) {
	t.Parallel()
	now := time.Now()
	require.NoError(t, chain.Head{Time: now}.Stalled(now))
	require.NoError(t, chain.Head{Time: now.Add(-chain.StallAfter)}.Stalled(now))
	require.NoError(t, chain.Head{Time: now.Add(time.Minute)}.Stalled(now), "a clock that is behind")
	require.ErrorIs(t, chain.Head{Time: now.Add(-chain.StallAfter - 1)}.Stalled(now), chain.ErrStalled)
	require.NoError(t, chain.Head{Time: now.Add(-time.Hour), CatchingUp: true}.Stalled(now))
}
