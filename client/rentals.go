package client

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/x/rental"
)

const rentalPage = 100

// RentalPages is what Rentals needs of the chain; *chain.Client is one.
type RentalPages interface {
	RentalsByRenter(ctx context.Context, req rental.QueryRentalsByRenterRequest) (*rental.QueryRentalsByRenterResponse, error)
}

// Rentals returns all rentals of a renter, of however many pages, or only those
// that are open. The newest come first.
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
