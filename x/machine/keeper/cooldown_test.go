package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

// Cool-downs that are over are forgotten, some in each block: else anybody
// could fill the store by naming new GPUs again and again.
func TestCooldownsAreForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	params := machine.DefaultParams()
	params.MaxDuePerBlock = 2
	require.NoError(t, f.k.Parameters.Set(f.ctx, params))
	n := f.bonded(1, 3)
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	require.NoError(t, err)
	stored := func() (count int) {
		require.NoError(t, f.k.Cooldowns.Walk(f.ctx, nil, func(string, time.Time) (bool, error) {
			count++
			return false, nil
		}))
		return count
	}
	f.next(params.GpuCooldown - time.Second)
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, 3, stored())
	f.next(time.Second)
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, 1, stored())
	f.check()
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Zero(t, stored())
	f.check()
}
