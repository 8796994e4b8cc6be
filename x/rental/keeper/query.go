package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

type queryServer struct{ k Keeper }

var _ xrental.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) xrental.QueryServer { return queryServer{k} }

// Rental returns one rental as of the queried block.
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

func (s queryServer) effective(ctx context.Context, id uint64) (xrental.Rental, halt.Clock, error) {
	c, err := s.k.clock(ctx)
	if err != nil {
		return xrental.Rental{}, c, err
	}
	r, err := s.k.rental(ctx, id)
	if err != nil {
		return xrental.Rental{}, c, status.Error(codes.NotFound, err.Error())
	}
	r, err = s.k.effective(ctx, r, c)
	return r, c, err
}

// effective returns a stored rental as messages see it: a trial is over, too, once its
// machine is offline, even if it could not be refunded yet.
func (k Keeper) effective(ctx context.Context, r xrental.Rental, c halt.Clock) (xrental.Rental, error) {
	if r.State != xrental.RENTAL_STATE_TRIAL {
		return r.Effective(c.Now, c.Halted), nil
	}
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return xrental.Rental{}, err
	}
	state := position(r, m, c).At(c.Now)
	r = r.Moved(c.Halted)
	r.State = xrental.RentalState(state)
	return r, nil
}

// RentalsByRenter lists a renter's rentals, newest first.
func (s queryServer) RentalsByRenter(ctx context.Context, req *xrental.QueryRentalsByRenterRequest) (*xrental.QueryRentalsByRenterResponse, error) {
	renter, err := sdk.AccAddressFromBech32(req.GetRenter())
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "renter is %q: %s", machine.Clip(req.GetRenter()), machine.Clip(err.Error()))
	}
	rentals, page, err := s.page(ctx, req.Pagination, req.OpenOnly, func(o order) ids {
		open := under(ctx, s.k.openByRenter, renter, o)
		if req.OpenOnly {
			return open
		}
		return merged(open, under(ctx, s.k.overByRenter, renter, o), o)
	})
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
	open, err := s.k.machines.Rentals(ctx, req.MachineId)
	if err != nil {
		return nil, err
	}
	rentals, page, err := s.page(ctx, req.Pagination, req.OpenOnly, func(o order) ids {
		if req.OpenOnly {
			return those(open, o)
		}
		return merged(those(open, o), under(ctx, s.k.overByMachine, req.MachineId, o), o)
	})
	if err != nil {
		return nil, err
	}
	return &xrental.QueryRentalsByMachineResponse{Rentals: rentals, Pagination: page}, nil
}

// Quote returns what a message would cost now.
func (s queryServer) Quote(ctx context.Context, req *xrental.QueryQuoteRequest) (*xrental.QueryQuoteResponse, error) {
	params, c, err := s.k.now(ctx)
	if err != nil {
		return nil, err
	}
	if req.GetRentId() != 0 {
		return s.quoteRenewal(ctx, params, c, req)
	}
	q, err := s.k.quoteRent(ctx, params, c.Now, req.MachineId, req.DurationSeconds, req.Slots)
	if err != nil {
		return nil, err
	}
	cached, _ := sdk.UnwrapSDKContext(ctx).CacheContext() // what it settles is discarded
	free, err := s.k.room(cached, q.machine, q.slots)     //nolint:contextcheck // an sdk.Context inherits by CacheContext
	if err != nil {
		return nil, err
	}
	account, err := rental.Account{}.Extend(q.length, q.rent, c.Now, 1)
	if err != nil {
		return nil, refusal(err)
	}
	leave, err := leaveAt(account, q.end, q.machine.ExitNoticeSeconds, c.Now, req.LeaveAt)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryQuoteResponse{
		Rent: q.rent, Fee: q.fee, Total: q.total, ListingVersion: q.machine.ListingVersion,
		End: q.end, Deadline: &q.deadline, Slots: free[:q.slots], Leave: leave,
	}, nil
}

func (s queryServer) quoteRenewal(ctx context.Context, params xrental.Params, c halt.Clock, req *xrental.QueryQuoteRequest) (*xrental.QueryQuoteResponse, error) {
	r, err := s.k.rental(ctx, req.RentId)
	if err != nil {
		return nil, status.Error(codes.NotFound, err.Error())
	}
	if r = r.Effective(c.Now, c.Halted); req.DurationSeconds == 0 {
		return s.quoteLeave(ctx, c, req, r)
	}
	if r.State != xrental.RENTAL_STATE_ACTIVE {
		return nil, detail.Add(xrental.ErrState.Wrapf("rental %d is %s, only an active one can be renewed; confirm it first", r.Id, rental.State(r.State)),
			detail.Map{"rent_id": r.Id, "state": rental.State(r.State)})
	}
	q, err := s.k.quoteRenewal(ctx, params, c.Now, r, req.DurationSeconds)
	if err != nil {
		return nil, err
	}
	v, err := s.k.view(ctx, r, c)
	if err != nil {
		return nil, err
	}
	account, err := r.Account().Fold(v).Extend(q.length, q.rent, r.End, int(params.MaxSegments))
	if err != nil {
		return nil, refusal(err)
	}
	leave, err := leaveAt(account, q.end, r.ExitNoticeSeconds, c.Now, req.LeaveAt)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryQuoteResponse{
		Rent: q.rent, Total: q.total, ListingVersion: q.machine.ListingVersion, End: q.end, Slots: r.Slots, Leave: leave,
	}, nil
}

// Params returns the module's parameters.
func (s queryServer) Params(ctx context.Context, _ *xrental.QueryParamsRequest) (*xrental.QueryParamsResponse, error) {
	params, err := s.k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	return &xrental.QueryParamsResponse{Params: params}, nil
}
