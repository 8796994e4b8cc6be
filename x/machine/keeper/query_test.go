package keeper_test

import (
	"fmt"
	"slices"
	"testing"

	"cosmossdk.io/collections"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// list reads all pages of a query, two machines at a time.
func (f *fixture) list(req machine.QueryMachinesRequest) []string {
	var ids []string
	req.Pagination = &query.PageRequest{Limit: 2}
	for {
		reply, err := f.queries.Machines(f.ctx, &req)
		require.NoError(f.t, err)
		for _, listing := range reply.Listings {
			ids = append(ids, listing.Machine.Id)
		}
		if req.Pagination.Key = reply.Pagination.NextKey; len(req.Pagination.Key) == 0 {
			return ids
		}
	}
}

func TestMachinesFilters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a, b, c, plain := f.online(1, 4), f.online(2, 2), f.online(3, 2), f.online(4, 0)
	idle := f.bonded(5, 1)
	_, err := f.k.ReserveSlots(f.ctx, a.id, 3, 1)
	require.NoError(t, err)
	_, err = f.k.ReserveSlots(f.ctx, b.id, 0, 2)
	require.NoError(t, err)

	const online, bonded = machine.MACHINE_STATE_ONLINE, machine.MACHINE_STATE_BONDED
	for _, q := range []struct {
		name string
		req  machine.QueryMachinesRequest
		want []node
	}{
		{"all", machine.QueryMachinesRequest{}, []node{a, b, c, plain, idle}},
		{"online", machine.QueryMachinesRequest{State: online}, []node{a, b, c, plain}},
		{"bonded", machine.QueryMachinesRequest{State: bonded}, []node{idle}},
		{"type", machine.QueryMachinesRequest{GpuType: "RTX 4090"}, []node{a, b, c, idle}},
		{"unknown type", machine.QueryMachinesRequest{GpuType: "RTX 409"}, nil},
		{"owner", machine.QueryMachinesRequest{Owner: owner}, []node{a, b, c, plain, idle}},
		{"operator and state", machine.QueryMachinesRequest{Operator: operator, State: bonded}, []node{idle}},
		{"nobody's", machine.QueryMachinesRequest{Owner: challenger}, nil},
		{"country", machine.QueryMachinesRequest{Country: "DE"}, []node{a, b, c, plain, idle}},
		{"free", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1}, []node{a, c, plain}},
		{"free of a type", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1, GpuType: "RTX 4090"}, []node{a, c}},
		{"two free", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 2}, []node{c}},
		{"two free, of another country", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 2, Country: "FR"}, nil},
		{"free in any state", machine.QueryMachinesRequest{FreeSlotsMin: 1}, []node{a, c, plain, idle}},
	} {
		t.Run(q.name, func(t *testing.T) {
			var want []string
			for _, n := range q.want {
				want = append(want, n.id)
			}
			got := f.list(q.req)
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got)
		})
	}
}

// TestFreeOfAnyType: a walk over all GPU types returns each machine once, page
// by page; 47 free slots are a page key with a slash.
func TestFreeOfAnyType(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var want []string
	for i, gpuType := range []string{"A", "B", "C", "", "B", "E", "D"} {
		n := newNode(byte(i + 1))
		b := n.bond(f, 1, max(1, 47*(i%2)))
		for slot := range b.Facts.Slots {
			b.Facts.Slots[slot].GpuType = gpuType
		}
		if gpuType == "" {
			b.Facts = n.facts(0)
		}
		_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.sign(b)}})
		require.NoError(t, err)
		_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
		require.NoError(t, err)
		want = append(want, n.id)
	}
	got := f.list(machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: 1})
	require.ElementsMatch(t, want, got)
	require.ElementsMatch(t, []string{want[1], want[5]}, f.list(machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: 47}))
	for _, gpuType := range []string{"A", "B", "C", "D", "E"} {
		req := machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: 1, GpuType: gpuType}
		require.Subset(t, want, f.list(req), gpuType)
		require.NotEmpty(t, f.list(req), gpuType)
	}
}

// TestManyTypes: hosts name their GPUs, and more names make no page more expensive.
func TestManyTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	wanted := f.online(1, 2)
	const types = 2_500
	for i := range types {
		require.NoError(t, f.k.Offers.Set(f.ctx, collections.Join3(fmt.Sprintf("A%d", i), uint32(1), wanted.id)))
	}
	req := machine.QueryMachinesRequest{State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: 2, Pagination: &query.PageRequest{Limit: 2}}
	pages, found := 0, 0
	for {
		reply, err := f.queries.Machines(f.ctx, &req)
		require.NoError(t, err)
		pages, found = pages+1, found+len(reply.Listings)
		if req.Pagination.Key = reply.Pagination.NextKey; len(req.Pagination.Key) == 0 {
			break
		}
	}
	require.Equal(t, 3, pages)
	require.Equal(t, 1, found)
}

func TestMachinesRefusals(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, req := range map[string]*machine.QueryMachinesRequest{
		"offset":  {Pagination: &query.PageRequest{Offset: 1}},
		"count":   {Pagination: &query.PageRequest{CountTotal: true}},
		"reverse": {Pagination: &query.PageRequest{Reverse: true}},
		"limit":   {Pagination: &query.PageRequest{Limit: 501}},
		"key":     {Pagination: &query.PageRequest{Key: make([]byte, 200)}},
		"filter":  {GpuType: "a\x00b"},
	} {
		_, err := f.queries.Machines(f.ctx, req)
		require.Equal(t, codes.InvalidArgument, status.Code(err), name)
	}
	_, err := f.queries.Machine(f.ctx, &machine.QueryMachineRequest{MachineId: newNode(1).id})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = f.queries.Machine(f.ctx, &machine.QueryMachineRequest{MachineId: "x"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = f.queries.Challenge(f.ctx, &machine.QueryChallengeRequest{ChallengeId: 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, values := detail.Read(status.Convert(err).Message())
	require.Equal(t, map[string]string{"challenge_id": "1"}, values)
}

// FuzzPageKey: anybody can send a page key.
func FuzzPageKey(fz *testing.F) {
	fz.Add([]byte{0, 0, 0, 1, 'a'}, uint32(1))
	fz.Add([]byte{}, uint32(0))
	fz.Fuzz(func(t *testing.T, key []byte, free uint32) {
		f := newFixture(t)
		f.online(1, 2)
		for _, req := range []machine.QueryMachinesRequest{
			{}, {State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: free}, {Owner: owner},
		} {
			req.Pagination = &query.PageRequest{Key: key}
			if _, err := f.queries.Machines(f.ctx, &req); err != nil {
				require.Equal(t, codes.InvalidArgument, status.Code(err))
			}
		}
	})
}
