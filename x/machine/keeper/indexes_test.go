package keeper_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/machine"
)

// terms returns the entries of the index by filters, as they are stored.
func (f *fixture) terms() (all []string) {
	prefix := machine.TermsKey.Bytes()
	end := bytes.Clone(prefix)
	end[len(end)-1]++
	it := f.ctx.KVStore(f.store).Iterator(prefix, end)
	defer func() { _ = it.Close() }()
	for ; it.Valid(); it.Next() {
		all = append(all, string(it.Key()[len(prefix):]))
	}
	return all
}

// The index has an entry for each thing that a query filters on, and no other.
func TestTermsOfAMachine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	entries := func(terms ...string) (all []string) {
		for _, term := range terms {
			all = append(all, term+"\x00"+n.id)
		}
		return all
	}
	require.ElementsMatch(t, entries("state:2", "owner:"+owner, "operator:"+operator, "country:DE", "gpu:RTX 4090"), f.terms())
	facts := n.facts(1)
	facts.Country, facts.Slots[0].GpuType = "FR", "H200"
	require.NoError(t, f.update(n, 2, facts)) // checks that both are moved
	m := f.machine(n.id)
	m.Facts.Country = ""
	require.NoError(t, f.k.Bonds.Set(f.ctx, n.id, m))
	require.ElementsMatch(t, entries("state:2", "owner:"+owner, "operator:"+operator, "gpu:H200"), f.terms())
	require.NoError(t, f.k.Bonds.Remove(f.ctx, n.id))
	require.Empty(t, f.terms())
}

// Among more machines than a query reads, each filter finds the one that it fits.
func TestEachFilterHasItsIndex(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	common, rare := newNode(1), newNode(1)
	for n := range byte(255) { // one of the last by its id
		if it := newNode(n); it.id > rare.id {
			rare = it
		}
		if it := newNode(n); it.id < common.id {
			common = it
		}
	}
	for _, n := range []node{common, rare} {
		_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.bond(f, 1, 2)}})
		require.NoError(t, err)
		_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
		require.NoError(t, err)
	}
	m := f.machine(rare.id)
	m.Owner, m.Operator, m.Facts.Country, m.State, m.OfflineSince = payout, payout, "FR", machine.MACHINE_STATE_OFFLINE, &time.Time{}
	m.Facts.Slots = append([]machine.Slot(nil), m.Facts.Slots...)
	m.Facts.Slots[0].GpuType, m.Facts.Slots[1].GpuType = "H200", "H200"
	require.NoError(t, f.k.Bonds.Set(f.ctx, rare.id, m))
	requests := map[string]*machine.QueryMachinesRequest{
		"owner": {Owner: payout}, "operator": {Operator: payout}, "country": {Country: "FR"},
		"type": {GpuType: "H200"}, "state": {State: machine.MACHINE_STATE_OFFLINE},
	}
	reads := make(map[string]uint64)
	for _, crowd := range []int{1_050, 1_100} {
		f.crowd(common.id, crowd%1_100%1_050, crowd)
		for name, req := range requests {
			meter := storetypes.NewInfiniteGasMeter()
			reply, err := f.queries.Machines(f.ctx.WithGasMeter(meter).WithKVGasConfig(storetypes.GasConfig{ReadCostFlat: 1, IterNextCostFlat: 1}), req)
			require.NoError(t, err)
			require.Len(t, reply.Listings, 1, name)
			require.Equal(t, rare.id, reply.Listings[0].Machine.Id, name)
			if before, known := reads[name]; known {
				require.Equal(t, before, meter.GasConsumed(), name)
			}
			reads[name] = meter.GasConsumed()
		}
	}
}

// Filters are combined, and a listing says which slots are free.
func TestFiltersTogether(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 3)
	_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	want := machine.Listing{Machine: f.machine(n.id), FreeSlots: []uint32{1, 2}}
	one, err := f.queries.Machine(f.ctx, &machine.QueryMachineRequest{MachineId: n.id})
	require.NoError(t, err)
	require.Equal(t, want, one.Listing)
	const online = machine.MACHINE_STATE_ONLINE
	for name, c := range map[string]struct {
		req   machine.QueryMachinesRequest
		finds bool
	}{
		"all of them":         {machine.QueryMachinesRequest{Owner: owner, Operator: operator, Country: "DE", GpuType: "RTX 4090", State: online, FreeSlotsMin: 2}, true},
		"another operator":    {machine.QueryMachinesRequest{Owner: owner, Operator: payout}, false},
		"another type":        {machine.QueryMachinesRequest{Owner: owner, GpuType: "H200"}, false},
		"another country":     {machine.QueryMachinesRequest{Owner: owner, Country: "FR"}, false},
		"another state":       {machine.QueryMachinesRequest{Owner: owner, State: machine.MACHINE_STATE_BONDED}, false},
		"more free":           {machine.QueryMachinesRequest{Owner: owner, FreeSlotsMin: 3}, false},
		"one free":            {machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1}, true},
		"three free":          {machine.QueryMachinesRequest{State: online, FreeSlotsMin: 3}, false},
		"three of the type":   {machine.QueryMachinesRequest{State: online, FreeSlotsMin: 3, GpuType: "RTX 4090"}, false},
		"two of the type":     {machine.QueryMachinesRequest{State: online, FreeSlotsMin: 2, GpuType: "RTX 4090"}, true},
		"free, not online":    {machine.QueryMachinesRequest{State: machine.MACHINE_STATE_BONDED, FreeSlotsMin: 1}, false},
		"free in a country":   {machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1, Country: "FR"}, false},
		"free of no operator": {machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1, GpuType: "RTX 409"}, false},
	} {
		reply, err := f.queries.Machines(f.ctx, &c.req)
		require.NoError(t, err, name)
		if c.finds {
			require.Equal(t, []machine.Listing{want}, reply.Listings, name)
		} else {
			require.Empty(t, reply.Listings, name)
		}
	}
}

// The bounds of pages, keys and filters.
func TestBoundsOfPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	f.crowd(n.id, 0, 600)
	long, longer := strings.Repeat("a", 128), strings.Repeat("a", 129)
	key := func(size int) *query.PageRequest { return &query.PageRequest{Key: bytes.Repeat([]byte{'a'}, size)} }
	for name, c := range map[string]struct {
		req   machine.QueryMachinesRequest
		found int // -1 where it is refused
	}{
		"no page":             {machine.QueryMachinesRequest{}, 100},
		"a page of any size":  {machine.QueryMachinesRequest{Pagination: &query.PageRequest{}}, 100},
		"one":                 {machine.QueryMachinesRequest{Pagination: &query.PageRequest{Limit: 1}}, 1},
		"the largest page":    {machine.QueryMachinesRequest{Pagination: &query.PageRequest{Limit: 500}}, 500},
		"a larger one":        {machine.QueryMachinesRequest{Pagination: &query.PageRequest{Limit: 501}}, -1},
		"the longest key":     {machine.QueryMachinesRequest{Country: "FR", Pagination: key(197)}, 0},
		"a longer one":        {machine.QueryMachinesRequest{Country: "FR", Pagination: key(198)}, -1},
		"zeros of a number":   {machine.QueryMachinesRequest{Country: "FR", Pagination: &query.PageRequest{Key: []byte{0, 0, 0, 0}}}, 0},
		"a zero in an id":     {machine.QueryMachinesRequest{Country: "FR", Pagination: &query.PageRequest{Key: []byte{0, 0, 0, 0, 0}}}, -1},
		"longest type":        {machine.QueryMachinesRequest{GpuType: long}, 0},
		"longer type":         {machine.QueryMachinesRequest{GpuType: longer}, -1},
		"longest owner":       {machine.QueryMachinesRequest{Owner: long}, 0},
		"longer owner":        {machine.QueryMachinesRequest{Owner: longer}, -1},
		"longest operator":    {machine.QueryMachinesRequest{Operator: long}, 0},
		"longer operator":     {machine.QueryMachinesRequest{Operator: longer}, -1},
		"longest country":     {machine.QueryMachinesRequest{Country: long}, 0},
		"longer country":      {machine.QueryMachinesRequest{Country: longer}, -1},
		"a zero in a country": {machine.QueryMachinesRequest{Country: "\x00"}, -1},
	} {
		reply, err := f.queries.Machines(f.ctx, &c.req)
		if c.found < 0 {
			require.Equal(t, codes.InvalidArgument, status.Code(err), name)
			continue
		}
		require.NoError(t, err, name)
		require.Len(t, reply.Listings, c.found, name)
		require.Equal(t, c.found > 0, len(reply.Pagination.NextKey) > 0, name)
	}
}

// A page of offers goes on at its key: at a number of free slots, a machine, a type.
func TestPagesOfOffers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var ids []string
	for i := range byte(4) { // with one to four free slots
		ids = append(ids, f.online(i+1, int(i)+1).id)
	}
	for name, c := range map[string]struct {
		gpuType string
		least   uint32
		key     string
		want    []string
	}{
		"from the start":                  {"RTX 4090", 1, "", ids},
		"from two":                        {"RTX 4090", 2, "", ids[1:]},
		"a key below the least":           {"RTX 4090", 3, "\x00\x00\x00\x01", ids[2:]},
		"a key above the least":           {"RTX 4090", 1, "\x00\x00\x00\x03", ids[2:]},
		"a key with a machine":            {"RTX 4090", 1, "\x00\x00\x00\x02" + ids[1], ids[1:]},
		"a key behind a machine":          {"RTX 4090", 1, "\x00\x00\x00\x02" + ids[1] + "g", ids[2:]},
		"a key that is too short":         {"RTX 4090", 1, "\x00\x00\x03", ids},
		"any type, from the start":        {"", 1, "", ids},
		"any type, a key below the least": {"", 3, "\x00\x00\x00\x01/RTX 4090", ids[2:]},
		"any type, a key above the least": {"", 1, "\x00\x00\x00\x03/RTX 4090", ids[2:]},
		"any type, a key with a machine":  {"", 1, "\x00\x00\x00\x02" + ids[1] + "/RTX 4090", ids[1:]},
		"any type, behind the type":       {"", 1, "\x00\x00\x00\x01/S", nil},
		"any type, before the type":       {"", 2, "\x00\x00\x00\x04/A", ids[1:]},
	} {
		reply, err := f.queries.Machines(f.ctx, &machine.QueryMachinesRequest{
			State: machine.MACHINE_STATE_ONLINE, GpuType: c.gpuType, FreeSlotsMin: c.least, Pagination: &query.PageRequest{Key: []byte(c.key)},
		})
		require.NoError(t, err, name)
		var got []string
		for _, listing := range reply.Listings {
			got = append(got, listing.Machine.Id)
		}
		require.Equal(t, c.want, got, name)
	}
}

// Each contradiction is named.
func TestInvariantsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b := f.online(1, 2), f.online(2, 2)
	for i, n := range []node{a, b} {
		_, err := f.k.ReserveSlots(f.ctx, n.id, 1, uint64(i)+7)
		require.NoError(t, err)
	}
	retired, free := f.bonded(3, 1), f.online(4, 2)
	require.NoError(t, f.retire(owner, retired))
	c := f.challenged(a)
	f.check()
	last := max(a.id, b.id)
	cooldown, err := f.k.Cooldowns.Get(f.ctx, "gpu-3-0")
	require.NoError(t, err)
	whole := f.ctx
	for name, spoil := range map[string]func() (says string, err error){
		"a challenge while offline": func() (string, error) {
			m := f.machine(a.id)
			m.State, m.OfflineSince = machine.MACHINE_STATE_OFFLINE, &time.Time{}
			if err := f.k.Offers.Remove(f.ctx, collections.Join3("RTX 4090", uint32(1), a.id)); err != nil {
				return "", err
			}
			return "with open challenges [1]", f.k.Bonds.Set(f.ctx, a.id, m)
		},
		"a GPU that is held and cools down": func() (string, error) {
			cooldown := cooldown
			cooldown.GpuId = "gpu-1-0"
			if err := f.k.CooldownQueue.Set(f.ctx, collections.Join(cooldown.Until, cooldown.GpuId)); err != nil {
				return "", err
			}
			return "cools down", f.k.Cooldowns.Set(f.ctx, cooldown.GpuId, cooldown)
		},
		"a cooldown at another time": func() (string, error) {
			if err := f.k.CooldownQueue.Remove(f.ctx, collections.Join(cooldown.Until, cooldown.GpuId)); err != nil {
				return "", err
			}
			return "cooldown_queue", f.k.CooldownQueue.Set(f.ctx, collections.Join(cooldown.Until.Add(1), cooldown.GpuId))
		},
		"a challenge at another time": func() (string, error) {
			if err := f.k.ChallengeQueue.Remove(f.ctx, collections.Join(c.Deadline, c.Id)); err != nil {
				return "", err
			}
			return "challenge_queue", f.k.ChallengeQueue.Set(f.ctx, collections.Join(c.Deadline.Add(1), c.Id))
		},
		"an offer of another type": func() (string, error) {
			if err := f.k.Offers.Remove(f.ctx, collections.Join3("RTX 4090", uint32(1), a.id)); err != nil {
				return "", err
			}
			return "offers", f.k.Offers.Set(f.ctx, collections.Join3("H200", uint32(1), a.id))
		},
		"an offer of other slots": func() (string, error) {
			if err := f.k.Offers.Remove(f.ctx, collections.Join3("RTX 4090", uint32(1), a.id)); err != nil {
				return "", err
			}
			return "offers", f.k.Offers.Set(f.ctx, collections.Join3("RTX 4090", uint32(2), a.id))
		},
		"slots of the last machine": func() (string, error) { return "hold slots of", f.k.Slots.Set(f.ctx, last, []uint64{7}) },
		"slots of a free machine": func() (string, error) {
			return "rentals [0 0] hold slots of online", f.k.Slots.Set(f.ctx, free.id, []uint64{0, 0})
		},
		"slots that nobody rents": func() (string, error) { return "hold slots of", f.k.Slots.Set(f.ctx, retired.id, []uint64{0}) },
		"slots of a retired one":  func() (string, error) { return "hold slots of retired", f.k.Slots.Set(f.ctx, retired.id, []uint64{7}) },
		"slots of no machine": func() (string, error) {
			return "no such machine", f.k.Slots.Set(f.ctx, newNode(9).id, []uint64{7})
		},
	} {
		f.ctx, _ = whole.CacheContext()
		says, err := spoil()
		require.NoError(t, err, name)
		require.ErrorContains(t, f.k.CheckInvariants(f.ctx), says, name)
	}
}
