package keeper_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/machine"
)

// crowd adds copies of a machine.
func (f *fixture) crowd(id string, from, to int) {
	m, err := f.k.GetMachine(f.ctx, id)
	require.NoError(f.t, err)
	for i := from; i < to; i++ {
		seed := make([]byte, ed25519.SeedSize)
		binary.BigEndian.PutUint32(seed[8:], uint32(i))
		m.Id = hex.EncodeToString(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
		require.NoError(f.t, f.k.Bonds.Set(f.ctx, m.Id, m))
	}
}

// TestMachinesReads: what a page reads does not grow with the number of
// machines, even if the filters match none of them.
func TestMachinesReads(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.online(1, 1)
	reads := func(req *machine.QueryMachinesRequest) (uint64, *machine.QueryMachinesResponse) {
		meter := storetypes.NewInfiniteGasMeter()
		ctx := f.ctx.WithGasMeter(meter).WithKVGasConfig(storetypes.GasConfig{ReadCostFlat: 1, HasCost: 1, IterNextCostFlat: 1})
		reply, err := f.queries.Machines(ctx, req)
		require.NoError(t, err)
		return meter.GasConsumed(), reply
	}
	requests := map[string]*machine.QueryMachinesRequest{
		"all":     {},
		"type":    {GpuType: "RTX 4090", Pagination: &query.PageRequest{Limit: 20}},
		"country": {Country: "DE"},
		"owner":   {Owner: owner, State: machine.MACHINE_STATE_ONLINE},
		"nothing": {GpuType: "RTX 4090", Country: "FR"},
	}
	f.crowd(first.id, 0, 1100)
	before := make(map[string]uint64)
	for name, req := range requests {
		before[name], _ = reads(req)
	}
	f.crowd(first.id, 1100, 2200)
	for name, req := range requests {
		after, reply := reads(req)
		require.Equal(t, before[name], after, name)
		require.NotEmpty(t, reply.Pagination.NextKey, name)
		require.Equal(t, name == "nothing", len(reply.Listings) == 0, name)
	}
}
