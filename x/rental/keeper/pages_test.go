package keeper_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// list asks for rentals, by their renter and by their machine, and requires that both
// answers are alike.
func (c *chain) list(id string, openOnly bool, page *query.PageRequest) ([]uint64, *query.PageResponse, error) {
	c.Helper()
	of, err := c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{MachineId: id, OpenOnly: openOnly, Pagination: page})
	by, again := c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: c.renters[0].String(), OpenOnly: openOnly, Pagination: page})
	require.Equal(c, err, again)
	require.Equal(c, of.GetRentals(), by.GetRentals())
	require.Equal(c, of.GetPagination(), by.GetPagination())
	return numbers(of.GetRentals()), of.GetPagination(), err
}

// The bounds of pages: 100 rentals unless another number is asked for, at most 500; a key
// is a rental, with which the page begins whether it is open or over.
func TestBoundsOfPages(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 64), c.renters[0]
	for range 64 {
		c.mustActive(alice, id, hour, 1)
	}
	c.at(time.Hour)
	c.end()
	for range 38 {
		c.mustActive(alice, id, hour, 1)
	}
	for name, test := range map[string]struct {
		open         bool
		page         *query.PageRequest
		first, count int
		next, total  uint64
	}{
		"nothing asked for":     {false, nil, 102, 100, 2, 0},
		"no number asked for":   {false, &query.PageRequest{}, 102, 100, 2, 0},
		"the most":              {false, &query.PageRequest{Limit: 500}, 102, 102, 0, 0},
		"exactly all":           {false, &query.PageRequest{Limit: 102}, 102, 102, 0, 0},
		"a key that is open":    {false, &query.PageRequest{Key: key(66), Limit: 2}, 66, 2, 64, 0},
		"a key that is over":    {false, &query.PageRequest{Key: key(64), Limit: 2}, 64, 2, 62, 0},
		"the last that is open": {true, &query.PageRequest{Key: key(66), Limit: 2}, 66, 2, 0, 0},
		"upwards from open":     {false, &query.PageRequest{Key: key(65), Limit: 2, Reverse: true}, 65, 2, 67, 0},
		"upwards from over":     {false, &query.PageRequest{Key: key(64), Limit: 2, Reverse: true}, 64, 2, 66, 0},
		"open ones upwards":     {true, &query.PageRequest{Key: key(3), Limit: 1, Reverse: true}, 65, 1, 66, 0},
		"counted behind a key":  {false, &query.PageRequest{Key: key(66), Limit: 1, CountTotal: true}, 66, 1, 65, 0},
		"counted":               {true, &query.PageRequest{Limit: 1, CountTotal: true}, 102, 1, 101, 38},
		"an offset":             {true, &query.PageRequest{Limit: 1, Offset: 37}, 65, 1, 0, 0},
		"an offset and the end": {true, &query.PageRequest{Limit: 1, Offset: 36}, 66, 1, 65, 0},
	} {
		got, page, err := c.list(id, test.open, test.page)
		require.NoError(t, err, name)
		require.Len(t, got, test.count, name)
		require.EqualValues(t, test.first, got[0], name)
		require.Equal(t, key(test.next), page.NextKey, name)
		require.Equal(t, test.total, page.Total, name)
	}
	for name, page := range map[string]*query.PageRequest{
		"more than the most": {Limit: 501},
		"a short key":        {Key: make([]byte, 7)},
		"a long key":         {Key: make([]byte, 9)},
		"both":               {Key: key(1), Offset: 1},
	} {
		_, _, err := c.list(id, false, page)
		require.Equal(t, codes.InvalidArgument, status.Code(err), name)
	}
}

// What a page reads does not grow with what comes after it.
func TestPageReads(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 64), c.renters[0]
	openOnly := false
	reads := func(page *query.PageRequest) uint64 {
		meter := storetypes.NewInfiniteGasMeter()
		ctx := c.ctx.WithGasMeter(meter).WithKVGasConfig(storetypes.GasConfig{ReadCostFlat: 1, HasCost: 1, IterNextCostFlat: 1})
		_, err := c.query.RentalsByRenter(ctx, &xrental.QueryRentalsByRenterRequest{Renter: alice.String(), OpenOnly: openOnly, Pagination: page})
		require.NoError(t, err)
		_, err = c.query.RentalsByMachine(ctx, &xrental.QueryRentalsByMachineRequest{MachineId: id, OpenOnly: openOnly, Pagination: page})
		require.NoError(t, err)
		return meter.GasConsumed()
	}
	over := func(n int) {
		for range n {
			c.mustActive(alice, id, hour, 1)
		}
		c.at(c.ctx.BlockTime().Add(time.Hour).Sub(genesisTime))
		c.end()
	}
	over(10)
	c.mustActive(alice, id, 100*hour, 1)
	upwards := &query.PageRequest{Limit: 3, Reverse: true}
	few := reads(upwards)
	over(60)
	require.Equal(t, few, reads(upwards))
	openOnly = true
	few = reads(nil)
	over(20)
	require.Equal(t, few, reads(nil), "what is over is not read for a list of open ones")
}

// A page that is full leaves none of the lists that it reads half read.
func TestFullPagesLeaveNothingBehind(t *testing.T) { //nolint:paralleltest // counts goroutines
	c := newChain(t)
	id, alice := c.bond(1, 4), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(alice, id, hour, 1)
	c.at(time.Hour)
	c.end()
	c.mustActive(alice, id, hour, 1)
	before := runtime.NumGoroutine()
	for range 50 {
		got, _, err := c.list(id, false, &query.PageRequest{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, []uint64{3}, got)
	}
	require.Less(t, runtime.NumGoroutine(), before+50)
}

// A list of open rentals leaves out what is over and not recorded yet, and no such rental
// is renewed.
func TestOverAndNotRecorded(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 3), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.mustRent(alice, id, 10*hour, 1)
	c.mustActive(alice, id, 2*hour, 1)
	c.at(time.Hour)
	got, _, err := c.list(id, true, nil)
	require.NoError(t, err)
	require.Equal(t, []uint64{3}, got)
	for rent, state := range map[uint64]string{1: "ended", 2: "refunded"} {
		_, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: rent, DurationSeconds: hour})
		require.ErrorIs(t, err, xrental.ErrState)
		_, values := detail.Read(err.Error())
		require.Equal(t, map[string]string{"rent_id": fmt.Sprint(rent), "state": state}, values)
	}
}

// A query for what does not exist says so with a code that clients know.
func TestQueriesForNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	_, err := c.query.Rental(c.ctx, &xrental.QueryRentalRequest{RentId: 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 1})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1, DurationSeconds: hour})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: "x"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	got, page, err := c.list(id, false, nil)
	require.NoError(t, err)
	require.Empty(t, got)
	require.Empty(t, page.NextKey)
	params, err := c.query.Params(c.ctx, &xrental.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, xrental.DefaultParams(), params.Params)
	_, err = c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{MachineId: c.bond(2, 1)[1:], DurationSeconds: hour})
	require.ErrorIs(t, err, machine.ErrInvalidID)
}
