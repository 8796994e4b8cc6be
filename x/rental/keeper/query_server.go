package keeper

import (
	"context"
	"encoding/binary"
	"slices"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

const (
	// maxPage bounds a page of rentals.
	maxPage     = 500
	rentIDBytes = 8
)

type queryServer struct{ k Keeper }

var _ xrental.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) xrental.QueryServer { return queryServer{k} }

// Rental is one rental, as it stands at the queried block.
func (s queryServer) Rental(ctx context.Context, req *xrental.QueryRentalRequest) (*xrental.QueryRentalResponse, error) {
	r, c, err := s.effective(ctx, req.GetRentId())
	if err != nil {
		return nil, err
	}
	_, waiting, err := s.stored(ctx, r.Id, c)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryRentalResponse{Rental: r, Waiting: waiting}, nil
}

func (s queryServer) effective(ctx context.Context, id uint64) (xrental.Rental, clock, error) {
	c, err := s.k.clock(ctx)
	if err != nil {
		return xrental.Rental{}, c, err
	}
	r, err := s.k.rental(ctx, id)
	if err != nil {
		return r, c, status.Error(codes.NotFound, err.Error())
	}
	return r.Effective(c.now, c.halted), c, nil
}

// RentalsByRenter lists a renter's rentals, newest first.
func (s queryServer) RentalsByRenter(ctx context.Context, req *xrental.QueryRentalsByRenterRequest) (*xrental.QueryRentalsByRenterResponse, error) {
	renter, err := sdk.AccAddressFromBech32(req.GetRenter())
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "renter is %q: %s", req.GetRenter(), err)
	}
	set := s.k.byRenter
	if req.OpenOnly {
		set = s.k.openByRenter
	}
	rentals, page, err := list(ctx, s.k, set, renter, req.OpenOnly, req.Pagination)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryRentalsByRenterResponse{Rentals: rentals, Pagination: page}, nil
}

// RentalsByMachine lists a machine's rentals, newest first.
func (s queryServer) RentalsByMachine(ctx context.Context, req *xrental.QueryRentalsByMachineRequest) (*xrental.QueryRentalsByMachineResponse, error) {
	if req.GetMachineId() == "" {
		return nil, status.Error(codes.InvalidArgument, "machine_id is empty")
	}
	var rentals []xrental.Rental
	var page *query.PageResponse
	var err error
	if req.OpenOnly {
		rentals, page, err = s.openOn(ctx, req.MachineId, req.Pagination)
	} else {
		rentals, page, err = list(ctx, s.k, s.k.byMachine, req.MachineId, false, req.Pagination)
	}
	if err != nil {
		return nil, err
	}
	return &xrental.QueryRentalsByMachineResponse{Rentals: rentals, Pagination: page}, nil
}

// openOn pages through the open rentals of a machine, which are at most as many as its slots.
func (s queryServer) openOn(ctx context.Context, machineID string, asked *query.PageRequest) ([]xrental.Rental, *query.PageResponse, error) {
	request, err := pageOf(asked)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.k.clock(ctx)
	if err != nil {
		return nil, nil, err
	}
	ids, err := s.k.machines.Rentals(ctx, machineID)
	if err != nil {
		return nil, nil, err
	}
	if request.Reverse {
		slices.Reverse(ids)
	}
	var open []xrental.Rental
	for _, id := range ids {
		r, err := s.k.rental(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if r = r.Effective(c.now, c.halted); rental.State(r.State).Open() {
			open = append(open, r)
		}
	}
	rentals, page := cut(open, request)
	return rentals, page, nil
}

// cut takes a page out of all rentals of a list. A key is the id of the first
// one of a page, or where it closed meanwhile, the next one after it.
func cut(all []xrental.Rental, request query.PageRequest) ([]xrental.Rental, *query.PageResponse) {
	reply := &query.PageResponse{}
	from := int(min(request.Offset, uint64(len(all))))
	if len(request.Key) == rentIDBytes {
		first := binary.BigEndian.Uint64(request.Key)
		from = 0
		for from < len(all) && (request.Reverse && all[from].Id > first || !request.Reverse && all[from].Id < first) {
			from++
		}
	} else if request.CountTotal {
		reply.Total = uint64(len(all))
	}
	to := from + int(min(request.Limit, uint64(len(all)-from)))
	if to < len(all) {
		reply.NextKey = binary.BigEndian.AppendUint64(nil, all[to].Id)
	}
	return all[from:to], reply
}

// pageOf is what a list is asked for, newest first unless it asks for reverse.
func pageOf(asked *query.PageRequest) (query.PageRequest, error) {
	var request query.PageRequest
	if asked != nil {
		request = *asked
	}
	if request.Limit == 0 {
		request.Limit = query.DefaultLimit
	}
	if request.Limit > maxPage {
		return request, status.Errorf(codes.InvalidArgument, "pagination.limit is %d, the most is %d", request.Limit, maxPage)
	}
	request.Reverse = !request.Reverse
	return request, nil
}

// list pages through an index, newest first unless the page asks for reverse.
func list[P any](ctx context.Context, k Keeper, set collections.KeySet[collections.Pair[P, uint64]], prefix P, openOnly bool, asked *query.PageRequest) ([]xrental.Rental, *query.PageResponse, error) {
	request, err := pageOf(asked)
	if err != nil {
		return nil, nil, err
	}
	c, err := k.clock(ctx)
	if err != nil {
		return nil, nil, err
	}
	type key = collections.Pair[P, uint64]
	var last xrental.Rental // the filter's; the transformation that follows it wants the same
	keep := func(at key, _ collections.NoValue) (bool, error) {
		r, err := k.rental(ctx, at.K2())
		last = r.Effective(c.now, c.halted)
		return err == nil && (!openOnly || rental.State(last.State).Open()), err
	}
	show := func(key, collections.NoValue) (xrental.Rental, error) { return last, nil }
	return query.CollectionFilteredPaginate(ctx, set, &request, keep, show, query.WithCollectionPaginationPairPrefix[P, uint64](prefix))
}

// Quote is what a message would cost now.
func (s queryServer) Quote(ctx context.Context, req *xrental.QueryQuoteRequest) (*xrental.QueryQuoteResponse, error) {
	params, c, err := s.k.now(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetRentId() != 0 {
		return s.quoteRenewal(ctx, params, c, req)
	}
	q, err := s.k.quoteRent(ctx, params, c.now, req.MachineId, req.DurationSeconds, req.Slots)
	if err != nil {
		return nil, err
	}
	free, err := s.k.free(ctx, req.MachineId, c)
	if err != nil {
		return nil, err
	}
	if uint32(len(free)) < q.slots {
		return nil, xrental.ErrNotRentable.Wrapf("slots is %d, machine %s has %d free; take fewer or another machine", q.slots, req.MachineId, len(free))
	}
	return &xrental.QueryQuoteResponse{
		Rent: q.rent, Fee: q.fee, Total: q.total, ListingVersion: q.machine.ListingVersion,
		End: q.end, Deadline: &q.deadline, Slots: free[:q.slots],
	}, nil
}

func (s queryServer) quoteRenewal(ctx context.Context, params xrental.Params, c clock, req *xrental.QueryQuoteRequest) (*xrental.QueryQuoteResponse, error) {
	r, err := s.k.rental(ctx, req.RentId)
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	if r = r.Effective(c.now, c.halted); r.State != xrental.RENTAL_STATE_ACTIVE {
		return nil, xrental.ErrState.Wrapf("rental %d is %s, only an active one can be renewed", r.Id, rental.State(r.State))
	}
	q, err := s.k.quoteRenewal(ctx, params, c.now, r, req.DurationSeconds)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryQuoteResponse{
		Rent: q.rent, Total: q.total, ListingVersion: q.machine.ListingVersion, End: q.end, Slots: r.Slots,
	}, nil
}

// Params are the module's parameters.
func (s queryServer) Params(ctx context.Context, _ *xrental.QueryParamsRequest) (*xrental.QueryParamsResponse, error) {
	params, err := s.k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryParamsResponse{Params: params}, nil
}
