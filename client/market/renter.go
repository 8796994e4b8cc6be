package market

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/x/rental"
)

// Chain is the part of the chain that a Renter needs; *chain.Client implements
// it.
type Chain interface {
	Quote(ctx context.Context, req rental.QueryQuoteRequest) (*rental.QueryQuoteResponse, error)
	Broadcast(ctx context.Context, signer chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error)
	Earlier(ctx context.Context, signer chain.Signer, msgs ...sdk.Msg) (chain.TxResult, bool, error)
}

// Renter rents with one wallet.
type Renter struct {
	Chain  Chain
	Wallet *Wallet
}

// Order is what to rent.
type Order struct {
	MachineID string
	// Seconds of the rental.
	Seconds uint64
	// Slots to rent; 0 means the whole machine.
	Slots uint32
	// MaxTotal in udbc refuses a higher quote. 0 means the quote itself.
	MaxTotal uint64
	// LeaveAt is when the renter would leave, for the quote's Leave. Zero means at
	// once.
	LeaveAt time.Time
}

// Rented is a new rental.
type Rented struct {
	RentID   uint64
	Rent     uint64
	Fee      uint64
	Deadline time.Time
	End      time.Time
	// Tx has the block and the gas cost.
	Tx chain.TxResult
}

// Quote returns what the order would cost now.
func (r Renter) Quote(ctx context.Context, order Order) (*rental.QueryQuoteResponse, error) {
	return r.Chain.Quote(ctx, rental.QueryQuoteRequest{
		MachineId: order.MachineID, DurationSeconds: order.Seconds, Slots: order.Slots, LeaveAt: leaveAt(order.LeaveAt),
	})
}

// leaveAt returns the query's field, which is absent for now.
func leaveAt(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// Rent rents at the quoted price. The chain refuses if the listing has changed
// since and the rental would cost more.
func (r Renter) Rent(ctx context.Context, order Order, quote *rental.QueryQuoteResponse) (Rented, error) {
	if order.MaxTotal != 0 && quote.Total > order.MaxTotal {
		return Rented{}, fmt.Errorf("rent %s: %s wanted, at most %s: %w",
			order.MachineID, client.FormatDBC(quote.Total), client.FormatDBC(order.MaxTotal), ErrTooDear)
	}
	tx, err := r.Chain.Broadcast(ctx, r.Wallet, r.rentMachine(order, quote))
	if err != nil {
		return Rented{}, fmt.Errorf("rent %s: %w", order.MachineID, err)
	}
	return rented(tx)
}

// Earlier returns the rental that an earlier Rent of the same order made if the
// answer to it was lost. It settles what the wallet sent before. Call it before
// Quote, which would be refused if that rental already fills the machine. ok is
// false if there is none and Rent would create a new one.
func (r Renter) Earlier(ctx context.Context, order Order) (made Rented, ok bool, err error) {
	tx, ok, err := r.Chain.Earlier(ctx, r.Wallet, r.rentMachine(order, &rental.QueryQuoteResponse{}))
	if err != nil {
		return Rented{}, false, fmt.Errorf("rent %s: %w", order.MachineID, err)
	}
	if ok {
		made, err = rented(tx)
	}
	return made, ok, err
}

func (r Renter) rentMachine(order Order, quote *rental.QueryQuoteResponse) *rental.MsgRentMachine {
	return &rental.MsgRentMachine{
		Renter: r.Wallet.Address(), MachineId: order.MachineID, DurationSeconds: order.Seconds,
		Slots: order.Slots, MaxTotal: quote.Total, ListingVersion: quote.ListingVersion,
	}
}

// RentedBy returns the rental that a transaction of Rent made.
func RentedBy(tx chain.TxResult) (Rented, error) { return rented(tx) }

func rented(tx chain.TxResult) (Rented, error) {
	var res rental.MsgRentMachineResponse
	if err := tx.Response(0, &res); err != nil {
		return Rented{}, err
	}
	return Rented{
		RentID: res.RentId, Rent: res.Rent, Fee: res.Fee, Deadline: res.Deadline, End: res.End, Tx: tx,
	}, nil
}

// Confirm ends the trial and with it the right to get the rent back.
func (r Renter) Confirm(ctx context.Context, rentID uint64) (chain.TxResult, error) {
	tx, err := r.Chain.Broadcast(ctx, r.Wallet, &rental.MsgConfirmRent{Renter: r.Wallet.Address(), RentId: rentID})
	if err != nil {
		return chain.TxResult{}, fmt.Errorf("confirm rental %d: %w", rentID, err)
	}
	return tx, nil
}

// Cancelled is the result of a cancelled trial.
type Cancelled struct {
	RentID uint64
	// Refunded is the rent that was returned.
	Refunded uint64
	// FeeToHost and FeeToPool show where the fee went.
	FeeToHost, FeeToPool uint64
	Tx                   chain.TxResult
}

// Cancel ends a trial; the whole rent is returned. The renter states the cause:
// with any but a changed mind, the host does not get its half of the fee.
func (r Renter) Cancel(ctx context.Context, rentID uint64, cause rental.Cause) (Cancelled, error) {
	tx, err := r.Chain.Broadcast(ctx, r.Wallet, &rental.MsgCancelRent{Renter: r.Wallet.Address(), RentId: rentID, Cause: cause})
	if err != nil {
		return Cancelled{}, fmt.Errorf("cancel rental %d: %w", rentID, err)
	}
	var res rental.MsgCancelRentResponse
	if err := tx.Response(0, &res); err != nil {
		return Cancelled{Tx: tx}, err
	}
	return Cancelled{RentID: res.RentId, Refunded: res.Refunded, FeeToHost: res.FeeToHost, FeeToPool: res.FeeToPool, Tx: tx}, nil
}

// Left is the result of leaving a confirmed rental.
type Left struct {
	RentID uint64
	// Refunded is the rent that came back; 0 if the rental ended within its notice
	// anyway.
	Refunded uint64
	// End of the rental from now on.
	End time.Time
	Tx  chain.TxResult
}

// QuoteLeave returns what leaving a confirmed rental now would bring. The chain
// refuses for one that can't be left.
func (r Renter) QuoteLeave(ctx context.Context, rentID uint64) (*rental.Leave, error) {
	return r.QuoteLeaveAt(ctx, rentID, time.Time{})
}

// QuoteLeaveAt returns what leaving it at a later time would bring; zero means now.
func (r Renter) QuoteLeaveAt(ctx context.Context, rentID uint64, at time.Time) (*rental.Leave, error) {
	quote, err := r.Chain.Quote(ctx, rental.QueryQuoteRequest{RentId: rentID, LeaveAt: leaveAt(at)})
	if err != nil {
		return nil, fmt.Errorf("leave rental %d: %w", rentID, err)
	}
	return quote.Leave, nil
}

// Leave gives notice: the rental ends after its exit notice, and the rent for the
// time beyond comes back.
func (r Renter) Leave(ctx context.Context, rentID uint64) (Left, error) {
	tx, err := r.Chain.Broadcast(ctx, r.Wallet, r.leaveRental(rentID))
	if err != nil {
		return Left{}, fmt.Errorf("leave rental %d: %w", rentID, err)
	}
	return left(tx)
}

// EarlierLeave is the counterpart of Earlier for Leave.
func (r Renter) EarlierLeave(ctx context.Context, rentID uint64) (made Left, ok bool, err error) {
	tx, ok, err := r.Chain.Earlier(ctx, r.Wallet, r.leaveRental(rentID))
	if err != nil {
		return Left{}, false, fmt.Errorf("leave rental %d: %w", rentID, err)
	}
	if ok {
		made, err = left(tx)
	}
	return made, ok, err
}

func (r Renter) leaveRental(rentID uint64) *rental.MsgLeaveRental {
	return &rental.MsgLeaveRental{Renter: r.Wallet.Address(), RentId: rentID}
}

func left(tx chain.TxResult) (Left, error) {
	var res rental.MsgLeaveRentalResponse
	if err := tx.Response(0, &res); err != nil {
		return Left{Tx: tx}, err
	}
	return Left{RentID: res.RentId, Refunded: res.Refunded, End: res.End, Tx: tx}, nil
}

// Renewed is the result of a renewal.
type Renewed struct {
	RentID uint64
	// Rent that was added.
	Rent uint64
	End  time.Time
	Tx   chain.TxResult
}

// QuoteRenewal returns what the additional seconds would cost now.
func (r Renter) QuoteRenewal(ctx context.Context, rentID, seconds uint64) (*rental.QueryQuoteResponse, error) {
	return r.Chain.Quote(ctx, rental.QueryQuoteRequest{RentId: rentID, DurationSeconds: seconds})
}

// Renew extends a rental at the quoted price.
func (r Renter) Renew(
	ctx context.Context, rentID, seconds uint64, quote *rental.QueryQuoteResponse,
) (Renewed, error) {
	tx, err := r.Chain.Broadcast(ctx, r.Wallet, r.reletMachine(rentID, seconds, quote))
	if err != nil {
		return Renewed{}, fmt.Errorf("renew rental %d: %w", rentID, err)
	}
	return renewed(tx)
}

// EarlierRenewal is the counterpart of Earlier for Renew.
func (r Renter) EarlierRenewal(ctx context.Context, rentID, seconds uint64) (made Renewed, ok bool, err error) {
	tx, ok, err := r.Chain.Earlier(ctx, r.Wallet, r.reletMachine(rentID, seconds, &rental.QueryQuoteResponse{}))
	if err != nil {
		return Renewed{}, false, fmt.Errorf("renew rental %d: %w", rentID, err)
	}
	if ok {
		made, err = renewed(tx)
	}
	return made, ok, err
}

func (r Renter) reletMachine(rentID, seconds uint64, quote *rental.QueryQuoteResponse) *rental.MsgReletMachine {
	return &rental.MsgReletMachine{
		Renter: r.Wallet.Address(), RentId: rentID, AddDurationSeconds: seconds,
		MaxTotal: quote.Total, ListingVersion: quote.ListingVersion,
	}
}

func renewed(tx chain.TxResult) (Renewed, error) {
	var res rental.MsgReletMachineResponse
	if err := tx.Response(0, &res); err != nil {
		return Renewed{}, err
	}
	return Renewed{RentID: res.RentId, Rent: res.Rent, End: res.End, Tx: tx}, nil
}
