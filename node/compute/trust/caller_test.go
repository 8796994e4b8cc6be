package trust

import (
	"slices"
	"testing"
)

// TestCallersAreOnlyNarrowed: a caller acts for its own open rentals, and for fewer
// after Only; what was handed out changes with neither.
func TestCallersAreOnlyNarrowed(t *testing.T) {
	t.Parallel()
	word := Word{Open: map[uint64]Rental{3: {ID: 3, Renter: "alice"}, 1: {ID: 1, Renter: "alice"}, 2: {ID: 2, Renter: "bob"}}}
	ids := func(c Caller) (ids []uint64) {
		for _, r := range c.Rentals() {
			ids = append(ids, r.ID)
		}
		return ids
	}
	alice := word.Caller("alice")
	if got := ids(alice); !slices.Equal(got, []uint64{1, 3}) || alice.Wallet() != "alice" {
		t.Errorf("%s acts for %v", alice.Wallet(), got)
	}
	one := alice.Only(func(r Rental) bool { return r.ID != 1 })
	none := one.Only(func(Rental) bool { return false })
	all := none.Only(func(Rental) bool { return true })
	alice.Rentals()[0].ID = 2
	for name, c := range map[string]struct {
		who  Caller
		want []uint64
	}{
		"all of the wallet's": {alice, []uint64{1, 3}}, "narrowed": {one, []uint64{3}}, "to nothing": {none, nil}, "never widened": {all, nil},
		"a stranger": {word.Caller("carol"), nil}, "nobody": {Caller{}, nil}, "without a wallet": {word.Caller(""), nil},
	} {
		if got := ids(c.who); !slices.Equal(got, c.want) {
			t.Errorf("%s: acts for %v, want %v", name, got, c.want)
		}
		if c.who.ActsForAny() != (len(c.want) > 0) {
			t.Errorf("%s: acts for any: %v", name, c.who.ActsForAny())
		}
		for id := range uint64(5) {
			if c.who.ActsFor(id) != slices.Contains(c.want, id) {
				t.Errorf("%s: acts for rental %d: %v", name, id, c.who.ActsFor(id))
			}
		}
	}
}
