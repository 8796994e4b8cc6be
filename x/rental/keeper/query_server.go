package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// maxPage bounds a page of rentals.
const maxPage = 500

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
	set := s.k.byMachine
	if req.OpenOnly {
		set = s.k.openByMachine
	}
	rentals, page, err := list(ctx, s.k, set, req.MachineId, req.OpenOnly, req.Pagination)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryRentalsByMachineResponse{Rentals: rentals, Pagination: page}, nil
}

// list pages through an index, newest first unless the page asks for reverse.
func list[P any](ctx context.Context, k Keeper, set collections.KeySet[collections.Pair[P, uint64]], prefix P, openOnly bool, page *query.PageRequest) ([]xrental.Rental, *query.PageResponse, error) {
	c, err := k.clock(ctx)
	if err != nil {
		return nil, nil, err
	}
	request := query.PageRequest{Limit: query.DefaultLimit}
	if page != nil {
		request = *page
	}
	if request.Limit > maxPage {
		return nil, nil, status.Errorf(codes.InvalidArgument, "pagination.limit is %d, the most is %d", request.Limit, maxPage)
	}
	request.Reverse = !request.Reverse
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
