package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/x/rental"
)

// rentalOf returns the rental that word names, or if it is empty the only open
// one in one of the states; which describes these in an error.
func rentalOf(s *settings, cmd *cobra.Command, word, which string, states ...rental.RentalState) (uint64, error) {
	if word != "" {
		return parseRentID(word)
	}
	renter, c, err := s.renter(cmd)
	if err != nil {
		return 0, err
	}
	return onlyRental(cmd.Context(), c, renter.Wallet.Address(), which, states)
}

func onlyRental(ctx context.Context, c market.RentalPages, renter, which string, states []rental.RentalState) (uint64, error) {
	all, err := market.Rentals(ctx, c, renter, true)
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, r := range all {
		if slices.Contains(states, r.State) {
			ids = append(ids, strconv.FormatUint(r.Id, 10))
		}
	}
	switch len(ids) {
	case 1:
		return parseRentID(ids[0])
	case 0:
		return 0, fmt.Errorf("no %s is %w: dbc rentals shows what you rent, --all what was", which, errNotThere)
	}
	return 0, usagef("which rental? %s", strings.Join(ids, ", "))
}

func parseRentID(s string) (uint64, error) {
	id, err := strconv.ParseUint(s, 10, 64)
	if err != nil || id == 0 {
		return 0, usagef("rental %q: a number wanted, as dbc rentals shows it", s)
	}
	return id, nil
}
