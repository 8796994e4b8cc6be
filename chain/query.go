package chain

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	cmttypes "github.com/cometbft/cometbft/types"
	grpctypes "github.com/cosmos/cosmos-sdk/types/grpc"
	"github.com/cosmos/cosmos-sdk/types/query"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// pageSize is the number of entries requested per page.
const pageSize = 100

// Machine returns one machine's listing with its free slots.
func (c *Client) Machine(ctx context.Context, id string) (machine.Listing, error) {
	res, err := machine.NewQueryClient(c.conn).Machine(ctx, &machine.QueryMachineRequest{MachineId: id})
	if err != nil {
		return machine.Listing{}, queryError(ctx, "ask for machine "+id, err)
	}
	return res.Listing, nil
}

// Machines returns one page of machines.
func (c *Client) Machines(
	ctx context.Context, req machine.QueryMachinesRequest,
) (*machine.QueryMachinesResponse, error) {
	res, err := machine.NewQueryClient(c.conn).Machines(ctx, &req)
	return res, queryError(ctx, "ask for machines", err)
}

// View is what the chain knows about a machine's rentals at one height.
type View struct {
	Height int64
	// Time is the time of that block.
	Time    time.Time
	Rentals []rental.Rental
}

// OpenRentals returns all open rentals of a machine, with all pages at the
// height of the first.
func (c *Client) OpenRentals(ctx context.Context, machineID string) (View, error) {
	var (
		view View
		page = &query.PageRequest{Limit: pageSize}
		call = rental.NewQueryClient(c.conn)
		what = "ask for the rentals of machine " + machineID
	)
	for {
		var header metadata.MD
		res, err := call.RentalsByMachine(at(ctx, view.Height), &rental.QueryRentalsByMachineRequest{
			MachineId: machineID, OpenOnly: true, Pagination: page,
		}, grpc.Header(&header))
		if err != nil {
			return View{}, queryError(ctx, what, err)
		}
		if view.Height == 0 {
			if view.Height, err = heightOf(header); err != nil {
				return View{}, fmt.Errorf("%s: %w", what, err)
			}
		}
		view.Rentals = append(view.Rentals, res.Rentals...)
		if res.Pagination == nil || len(res.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Key: res.Pagination.NextKey, Limit: pageSize}
	}
	var err error
	view.Time, err = c.blockTime(ctx, view.Height)
	return view, err
}

// Rental returns one rental.
func (c *Client) Rental(ctx context.Context, id uint64) (rental.Rental, error) {
	res, err := rental.NewQueryClient(c.conn).Rental(ctx, &rental.QueryRentalRequest{RentId: id})
	if err != nil {
		return rental.Rental{}, queryError(ctx, fmt.Sprintf("ask for rental %d", id), err)
	}
	return res.Rental, nil
}

// RentalsByRenter returns one page of a renter's rentals, newest first.
func (c *Client) RentalsByRenter(
	ctx context.Context, req rental.QueryRentalsByRenterRequest,
) (*rental.QueryRentalsByRenterResponse, error) {
	res, err := rental.NewQueryClient(c.conn).RentalsByRenter(ctx, &req)
	return res, queryError(ctx, "ask for the rentals of "+req.Renter, err)
}

// RentalsByMachine returns one page of a machine's rentals, newest first.
func (c *Client) RentalsByMachine(
	ctx context.Context, req rental.QueryRentalsByMachineRequest,
) (*rental.QueryRentalsByMachineResponse, error) {
	res, err := rental.NewQueryClient(c.conn).RentalsByMachine(ctx, &req)
	return res, queryError(ctx, "ask for the rentals of machine "+req.MachineId, err)
}

// Quote returns what renting, or with rent_id renewing, would cost now.
func (c *Client) Quote(ctx context.Context, req rental.QueryQuoteRequest) (*rental.QueryQuoteResponse, error) {
	res, err := rental.NewQueryClient(c.conn).Quote(ctx, &req)
	return res, queryError(ctx, "ask for a quote", err)
}

// Explain returns what happened to a rental and why.
func (c *Client) Explain(ctx context.Context, id uint64) (*rental.QueryExplainResponse, error) {
	res, err := rental.NewQueryClient(c.conn).Explain(ctx, &rental.QueryExplainRequest{RentId: id})
	return res, queryError(ctx, fmt.Sprintf("explain rental %d", id), err)
}

// Params returns the rental module's parameters.
func (c *Client) Params(ctx context.Context) (rental.Params, error) {
	res, err := rental.NewQueryClient(c.conn).Params(ctx, &rental.QueryParamsRequest{})
	if err != nil {
		return rental.Params{}, queryError(ctx, "ask for the rental parameters", err)
	}
	return res.Params, nil
}

// MachineParams returns the machine module's parameters.
func (c *Client) MachineParams(ctx context.Context) (machine.Params, error) {
	res, err := machine.NewQueryClient(c.conn).Params(ctx, &machine.QueryParamsRequest{})
	if err != nil {
		return machine.Params{}, queryError(ctx, "ask for the machine parameters", err)
	}
	return res.Params, nil
}

// Challenge returns one open challenge.
func (c *Client) Challenge(ctx context.Context, id uint64) (machine.Challenge, error) {
	res, err := machine.NewQueryClient(c.conn).Challenge(ctx, &machine.QueryChallengeRequest{ChallengeId: id})
	if err != nil {
		return machine.Challenge{}, queryError(ctx, fmt.Sprintf("ask for challenge %d", id), err)
	}
	return res.Challenge, nil
}

// Balance returns what an account can spend, in udbc.
func (c *Client) Balance(ctx context.Context, addr string) (uint64, error) {
	return c.BalanceAt(ctx, addr, 0)
}

// BalanceAt returns the balance at a height. 0 means the newest.
func (c *Client) BalanceAt(ctx context.Context, addr string, height int64) (uint64, error) {
	res, err := banktypes.NewQueryClient(c.conn).Balance(at(ctx, height), &banktypes.QueryBalanceRequest{
		Address: addr, Denom: Denom,
	})
	if err != nil {
		return 0, queryError(ctx, "ask for the balance of "+addr, err)
	}
	if res.Balance == nil || !res.Balance.Amount.IsUint64() {
		return 0, nil
	}
	return res.Balance.Amount.Uint64(), nil
}

// at pins a query to a height. 0 means the newest.
func at(ctx context.Context, height int64) context.Context {
	if height == 0 {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, grpctypes.GRPCBlockHeightHeader, strconv.FormatInt(height, 10))
}

func heightOf(header metadata.MD) (int64, error) {
	values := header.Get(grpctypes.GRPCBlockHeightHeader)
	if len(values) == 0 {
		return 0, fmt.Errorf("the reply names no height: is %s a dbcd?", "the grpc address")
	}
	height, err := strconv.ParseInt(values[0], 10, 64)
	if err != nil || height <= 0 {
		return 0, fmt.Errorf("the reply names height %q", values[0])
	}
	return height, nil
}

func (c *Client) blockTime(ctx context.Context, height int64) (time.Time, error) {
	header, err := c.header(ctx, height)
	if err != nil {
		return time.Time{}, err
	}
	return header.Time, nil
}

func (c *Client) blockHash(ctx context.Context, height int64) ([]byte, error) {
	header, err := c.header(ctx, height)
	if err != nil {
		return nil, err
	}
	return header.Hash(), nil
}

func (c *Client) header(ctx context.Context, height int64) (*cmttypes.Header, error) {
	res, err := c.rpc.Header(ctx, &height)
	if err != nil {
		return nil, rpcError(ctx, fmt.Sprintf("ask for block %d", height), err)
	}
	if res.Header == nil {
		return nil, fmt.Errorf("ask for block %d: %w", height, ErrNotFound)
	}
	return res.Header, nil
}
