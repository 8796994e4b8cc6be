package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/machine"
)

// offers are the entries of the index, as "type/free slots".
func (f *fixture) offers() (all []string) {
	require.NoError(f.t, f.k.Offers.Walk(f.ctx, nil, func(key collections.Triple[string, uint32, string]) (bool, error) {
		all = append(all, fmt.Sprintf("%s/%d", key.K1(), key.K2()))
		return false, nil
	}))
	return all
}

// Offered are online machines with free slots, each once.
func TestWhatIsOffered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.bonded(1, 2)
	require.Empty(t, f.offers(), "not online yet")
	_, err := f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	require.Equal(t, []string{"RTX 4090/2"}, f.offers())
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	require.Equal(t, []string{"RTX 4090/1"}, f.offers())
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 8)
	require.NoError(t, err)
	require.Empty(t, f.offers(), "all are rented")
	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 7))
	require.Equal(t, []string{"RTX 4090/1"}, f.offers())
	f.online(2, 0)
	require.Equal(t, []string{"/1", "RTX 4090/1"}, f.offers(), "a machine without GPUs has one slot")
	require.NoError(t, f.offline(operator, n))
	require.Equal(t, []string{"/1"}, f.offers())
	f.check()
}

// A message whose change affects no offer writes none, and does not read who rents the
// machine: it costs as much however many slots there are.
func TestOffersAreLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	few, many := f.online(1, 2), f.online(2, 64)
	for i, n := range []node{few, many} {
		_, err := f.k.ReserveSlots(f.ctx, n.id, 1, uint64(i)+7)
		require.NoError(t, err)
	}
	cost := func(gas storetypes.GasConfig, send func() error) uint64 {
		before := f.ctx
		defer func() { f.ctx = before }()
		f.ctx, _ = before.CacheContext()
		f.ctx = f.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).WithKVGasConfig(gas)
		require.NoError(t, send())
		return f.ctx.GasMeter().GasConsumed()
	}
	reads := storetypes.GasConfig{ReadCostFlat: 1, HasCost: 1}
	price := func(n node) func() error {
		return func() error {
			_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 5}}})
			return err
		}
	}
	service := func(slot uint32) func() error {
		return func() error {
			_, err := f.msgs.SetSlots(f.ctx, &machine.MsgSetSlots{Operator: operator, MachineId: few.id, OutOfService: []uint32{slot}})
			return err
		}
	}
	require.Equal(t, cost(reads, service(0))-1, cost(reads, price(few))-1, "who rents the machine is read for a slot, the parameters for a price")
	writes := storetypes.GasConfig{WriteCostFlat: 1, DeleteCost: 1}
	require.EqualValues(t, 1, cost(writes, service(0)), "the slot is rented: its machine is offered as before")
	require.EqualValues(t, 2, cost(writes, service(1)), "the machine, and the offer before: it has no free slot left")
}

// Filters of free slots include what is offline unless another state is asked for, and
// machines without a free slot unless one is asked for.
func TestFreeSlotsAreNoState(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	full, idle := f.online(1, 1), f.bonded(2, 1)
	_, err := f.k.ReserveSlots(f.ctx, full.id, 1, 7)
	require.NoError(t, err)
	const gpu, online = "RTX 4090", machine.MACHINE_STATE_ONLINE
	require.Equal(t, []string{full.id}, f.list(machine.QueryMachinesRequest{State: online, GpuType: gpu}), "rented, and online")
	require.Equal(t, []string{full.id}, f.list(machine.QueryMachinesRequest{State: online}))
	require.Equal(t, []string{idle.id}, f.list(machine.QueryMachinesRequest{GpuType: gpu, FreeSlotsMin: 1}), "free, in any state")
	require.Equal(t, []string{idle.id}, f.list(machine.QueryMachinesRequest{FreeSlotsMin: 1}))
	require.Empty(t, f.list(machine.QueryMachinesRequest{State: online, GpuType: gpu, FreeSlotsMin: 1}))
}

// A walk over offers reads only those of the requested type with enough free slots,
// however many others there are.
func TestOffersOfOthersAreNotRead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	wanted, other := f.online(1, 2), f.online(2, 1)
	for i := range 1_100 {
		require.NoError(t, f.k.Offers.Set(f.ctx, collections.Join3("RTX 4090", uint32(1), fmt.Sprintf("%s%d", other.id, i))))
		require.NoError(t, f.k.Offers.Set(f.ctx, collections.Join3("S", uint32(2), fmt.Sprintf("%s%d", other.id, i))))
	}
	reply, err := f.queries.Machines(f.ctx, &machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, GpuType: "RTX 4090", FreeSlotsMin: 2})
	require.NoError(t, err)
	require.Len(t, reply.Listings, 1)
	require.Equal(t, wanted.id, reply.Listings[0].Machine.Id)
	require.Empty(t, reply.Pagination.NextKey)
}

// One query reads at most 1,000 machines; the next page begins with the one after them.
func TestAPageReadsAThousand(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.crowd(f.online(1, 1).id, 0, 1_100)
	var ids []string
	require.NoError(t, f.k.Bonds.Walk(f.ctx, nil, func(id string, _ machine.Machine) (bool, error) {
		ids = append(ids, id)
		return false, nil
	}))
	reply, err := f.queries.Machines(f.ctx, &machine.QueryMachinesRequest{FreeSlotsMin: 2, Pagination: &query.PageRequest{}})
	require.NoError(t, err)
	require.Empty(t, reply.Listings)
	require.Equal(t, ids[1_000], string(reply.Pagination.NextKey))
}
