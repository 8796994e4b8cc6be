package trust

import (
	"cmp"
	"slices"
)

// Caller is a wallet that signed a request, with those of its open rentals on this
// machine that the request may act for. Only a Word makes one, and it can only be
// narrowed, so whoever is given one need not verify it again. The zero Caller acts
// for no rental.
type Caller struct {
	wallet  string
	rentals []Rental
}

// Caller returns a wallet with all its open rentals, by id. The wallet must have been
// proved by a signature.
func (w Word) Caller(wallet string) Caller {
	c := Caller{wallet: wallet}
	for _, r := range w.Open {
		if r.Renter == wallet {
			c.rentals = append(c.rentals, r)
		}
	}
	slices.SortFunc(c.rentals, func(a, b Rental) int { return cmp.Compare(a.ID, b.ID) })
	return c
}

// Wallet returns the address that signed.
func (c Caller) Wallet() string { return c.wallet }

// Rentals returns the rentals that the caller may act for, by id.
func (c Caller) Rentals() []Rental { return slices.Clone(c.rentals) }

// ActsFor reports whether the caller may act for a rental.
func (c Caller) ActsFor(rentID uint64) bool {
	return slices.ContainsFunc(c.rentals, func(r Rental) bool { return r.ID == rentID })
}

// ActsForAny reports whether the caller may act for a rental at all.
func (c Caller) ActsForAny() bool { return len(c.rentals) > 0 }

// Only returns the caller with those of its rentals that keep accepts.
func (c Caller) Only(keep func(Rental) bool) Caller {
	return Caller{wallet: c.wallet, rentals: slices.DeleteFunc(c.Rentals(), func(r Rental) bool { return !keep(r) })}
}
