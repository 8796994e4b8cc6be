package market

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/rental"
)

const rentalPage = 100

// RentalPages is the part of the chain that Rentals needs; *chain.Client
// implements it.
type RentalPages interface {
	RentalsByRenter(ctx context.Context, req rental.QueryRentalsByRenterRequest) (*rental.QueryRentalsByRenterResponse, error)
}

// Seen returns the block of a rental's newest transition, which its machine has to have
// seen before it knows of it; see client.Node.Seen.
func Seen(r rental.Rental) (height int64) {
	for _, t := range r.Transitions {
		height = max(height, t.Height)
	}
	return height
}

// Rentals returns all pages of a renter's rentals, or only the open ones,
// newest first.
func Rentals(ctx context.Context, c RentalPages, renter string, open bool) ([]rental.Rental, error) {
	var all []rental.Rental
	for page := (&query.PageRequest{Limit: rentalPage}); page != nil; {
		res, err := c.RentalsByRenter(ctx, rental.QueryRentalsByRenterRequest{Renter: renter, OpenOnly: open, Pagination: page})
		if err != nil {
			return nil, err
		}
		all = append(all, res.Rentals...)
		page = nil
		if p := res.Pagination; p != nil && len(p.NextKey) > 0 {
			page = &query.PageRequest{Key: p.NextKey, Limit: rentalPage}
		}
	}
	return all, nil
}
