package keeper_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

func numbers(rentals []xrental.Rental) []uint64 {
	all := []uint64{}
	for _, r := range rentals {
		all = append(all, r.Id)
	}
	return all
}

func TestLists(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	one, two, alice := c.bond(1, 4), c.bond(2, 1), c.renters[0]
	c.mustActive(alice, one, hour, 1)
	c.mustRent(c.renters[1], one, hour, 1)
	c.mustActive(alice, two, 2*hour, 1)
	c.at(20 * time.Minute)
	c.mustRent(alice, one, hour, 1)
	c.at(30 * time.Minute) // the second's deadline; no end block yet

	byRenter := func(open bool, page *query.PageRequest) ([]uint64, *query.PageResponse) {
		response, err := c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: alice.String(), OpenOnly: open, Pagination: page})
		require.NoError(t, err)
		return numbers(response.Rentals), response.Pagination
	}
	byMachine := func(open bool) []xrental.Rental {
		response, err := c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{MachineId: one, OpenOnly: open})
		require.NoError(t, err)
		return response.Rentals
	}
	all, _ := byRenter(false, nil)
	require.Equal(t, []uint64{4, 3, 1}, all, "newest first")
	first, page := byRenter(false, &query.PageRequest{Limit: 2})
	require.Equal(t, []uint64{4, 3}, first)
	rest, _ := byRenter(false, &query.PageRequest{Limit: 2, Key: page.NextKey})
	require.Equal(t, []uint64{1}, rest)
	require.Equal(t, []uint64{4, 2, 1}, numbers(byMachine(false)))
	require.Equal(t, xrental.RENTAL_STATE_REFUNDED, byMachine(false)[1].State, "effective")
	require.Equal(t, []uint64{4, 1}, numbers(byMachine(true)))

	c.at(time.Hour)
	c.end()
	open, _ := byRenter(true, nil)
	require.Equal(t, []uint64{3}, open)
	all, _ = byRenter(false, nil)
	require.Equal(t, []uint64{4, 3, 1}, all)
	_, err := c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: alice.String(), Pagination: &query.PageRequest{Limit: 501}})
	require.ErrorContains(t, err, "pagination.limit is 501, the most is 500")
	_, err = c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: "x"})
	require.ErrorContains(t, err, "renter is")
	_, err = c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{})
	require.ErrorContains(t, err, "machine_id is empty")
}

// TestPages: open rentals and those that are over come in one order, and no
// page misses or repeats one although rentals end between two pages.
func TestPages(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 8), c.renters[0]
	for n := range uint64(6) { // 2, 4 and 6 are over after an hour
		c.mustActive(alice, id, (2-n%2)*hour, 1)
	}
	c.at(time.Hour)
	c.end()
	ask := map[string]func(openOnly bool, page *query.PageRequest) ([]xrental.Rental, *query.PageResponse, error){
		"renter": func(openOnly bool, page *query.PageRequest) ([]xrental.Rental, *query.PageResponse, error) {
			response, err := c.query.RentalsByRenter(c.ctx, &xrental.QueryRentalsByRenterRequest{Renter: alice.String(), OpenOnly: openOnly, Pagination: page})
			return response.GetRentals(), response.GetPagination(), err
		},
		"machine": func(openOnly bool, page *query.PageRequest) ([]xrental.Rental, *query.PageResponse, error) {
			response, err := c.query.RentalsByMachine(c.ctx, &xrental.QueryRentalsByMachineRequest{MachineId: id, OpenOnly: openOnly, Pagination: page})
			return response.GetRentals(), response.GetPagination(), err
		},
	}
	tests := map[string]struct {
		open bool
		page query.PageRequest
		want []uint64
		next uint64
		all  uint64
	}{
		"all":                 {want: []uint64{6, 5, 4, 3, 2, 1}},
		"open":                {open: true, want: []uint64{5, 3, 1}},
		"oldest first":        {page: query.PageRequest{Reverse: true, Limit: 3}, want: []uint64{1, 2, 3}, next: 4},
		"first page, counted": {page: query.PageRequest{Limit: 2, CountTotal: true}, want: []uint64{6, 5}, next: 4, all: 6},
		"open ones counted":   {open: true, page: query.PageRequest{Limit: 1, CountTotal: true}, want: []uint64{5}, next: 3, all: 3},
		"from a key":          {page: query.PageRequest{Limit: 2, Key: key(4)}, want: []uint64{4, 3}, next: 2},
		"the last":            {page: query.PageRequest{Limit: 2, Key: key(2)}, want: []uint64{2, 1}},
		"upwards from a key":  {page: query.PageRequest{Reverse: true, Key: key(4)}, want: []uint64{4, 5, 6}},
		"offset":              {page: query.PageRequest{Offset: 4}, want: []uint64{2, 1}},
		"beyond the end":      {page: query.PageRequest{Offset: 6}, want: []uint64{}},
	}
	for list, ask := range ask {
		for name, test := range tests {
			got, page, err := ask(test.open, &test.page)
			require.NoError(t, err, "%s: %s", list, name)
			require.Equal(t, test.want, numbers(got), "%s: %s", list, name)
			require.Equal(t, test.all, page.Total, "%s: %s", list, name)
			require.Equal(t, key(test.next), page.NextKey, "%s: %s", list, name)
		}
		_, _, err := ask(false, &query.PageRequest{Key: []byte{1}})
		require.ErrorContains(t, err, "pagination.key has 1 bytes")
		_, _, err = ask(false, &query.PageRequest{Key: key(4), Offset: 1})
		require.ErrorContains(t, err, "pagination has both key and offset")
	}
}

// key is that of a page which begins at a rental, none for 0.
func key(id uint64) []byte {
	if id == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint64(nil, id)
}

// What is quoted is what is charged.
func TestQuote(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	quote, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{MachineId: id, DurationSeconds: 3 * hour})
	require.NoError(t, err)
	deadline := genesisTime.Add(30 * time.Minute)
	require.Equal(t, &xrental.QueryQuoteResponse{
		Rent: 6 * dbc, Fee: fee, Total: 6*dbc + fee, ListingVersion: 1,
		End: genesisTime.Add(3 * time.Hour), Deadline: &deadline, Slots: []uint32{0, 1},
	}, quote)
	rented, err := deliver(c, c.msg.RentMachine, &xrental.MsgRentMachine{
		Renter: alice.String(), MachineId: id, DurationSeconds: 3 * hour, MaxTotal: quote.Total, ListingVersion: quote.ListingVersion,
	})
	require.NoError(t, err)
	require.Equal(t, quote.Rent, rented.Rent)

	_, err = c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{MachineId: id, DurationSeconds: hour})
	require.ErrorIs(t, err, machine.ErrNoSlots, "nothing is free")
	_, err = c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1, DurationSeconds: hour})
	require.ErrorIs(t, err, xrental.ErrState, "a trial can't be renewed")
	require.NoError(t, c.confirm(alice, 1))
	renewal, err := c.query.Quote(c.ctx, &xrental.QueryQuoteRequest{RentId: 1, DurationSeconds: hour})
	require.NoError(t, err)
	require.Equal(t, &xrental.QueryQuoteResponse{
		Rent: 2 * dbc, Total: 2 * dbc, ListingVersion: 1, End: genesisTime.Add(4 * time.Hour), Slots: []uint32{0, 1},
	}, renewal)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.mustRent(c.renters[0], id, 2*hour, 0)
	explain := func() *xrental.QueryExplainResponse {
		response, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 1})
		require.NoError(t, err)
		return response
	}
	require.Equal(t, []string{
		"2026-11-23T12:00:00Z block 1: the renter rented the machine; the fee went into escrow; the rent went into escrow; the slots were reserved",
		"rent 2 DBC, fee 10 DBC, paid to the host so far 0 DBC",
	}, explain().Lines)
	require.Equal(t, []string{"ConfirmRent", "CancelRent", "BreakRental"}, explain().May)
	require.NoError(t, c.confirm(c.renters[0], 1))
	c.at(time.Hour)
	got := explain()
	require.Equal(t, []uint64{dbc, dbc, dbc}, []uint64{got.Earned, got.Unclaimed, got.Unearned})
	require.Equal(t, []string{"ReletMachine", "BreakRental", "ClaimRent"}, got.May)
	c.at(2 * time.Hour)
	require.Contains(t, explain().Lines[2], "2026-11-23T14:00:00Z: over (end), to be recorded")
	c.end()
	got = explain()
	require.Contains(t, got.Lines[2], "the rented time was over")
	require.Contains(t, got.Lines[3], "paid to the host so far 2 DBC")
	require.Equal(t, []uint64{2 * dbc, 0, 0}, []uint64{got.Earned, got.Unclaimed, got.Unearned})
	require.Empty(t, got.May)
	_, err := c.query.Explain(c.ctx, &xrental.QueryExplainRequest{RentId: 2})
	require.ErrorContains(t, err, "rent_id is 2")
}

func TestEvents(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 1)
	c.at(0)
	c.halt(2 * time.Hour)
	c.mustRent(c.renters[0], id, 2*hour, 0)
	now := c.ctx.BlockTime()
	require.Contains(t, c.events(), proto.Message(&xrental.EventTransition{
		RentId: 1, Renter: c.renters[0].String(), MachineId: id, To: xrental.RENTAL_STATE_TRIAL, Reason: xrental.REASON_RENTED,
		End: now.Add(2 * time.Hour), Deadline: now.Add(30 * time.Minute),
	}))
	c.ctx = c.ctx.WithBlockTime(now.Add(30 * time.Minute)).WithEventManager(sdk.NewEventManager())
	c.end()
	require.Equal(t, []proto.Message{
		&xrental.EventTransition{
			RentId: 1, Renter: c.renters[0].String(), MachineId: id, From: xrental.RENTAL_STATE_TRIAL, To: xrental.RENTAL_STATE_REFUNDED,
			Reason: xrental.REASON_NOT_CONFIRMED, End: now.Add(2 * time.Hour), Deadline: now.Add(30 * time.Minute),
		},
		&xrental.EventSettled{RentId: 1, ToRenter: 2 * dbc, ToHost: fee / 2, ToPool: fee / 2},
	}, c.events())
}

// events are this module's.
func (c *chain) events() []proto.Message {
	c.Helper()
	var all []proto.Message
	for _, event := range c.ctx.EventManager().ABCIEvents() {
		message, err := sdk.ParseTypedEvent(event)
		if err != nil {
			continue // another module's, untyped
		}
		switch message.(type) {
		case *xrental.EventTransition, *xrental.EventSettled, *xrental.EventDueFailed:
			all = append(all, message)
		}
	}
	return all
}
