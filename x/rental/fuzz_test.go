package rental_test

import (
	"bytes"
	"testing"

	"github.com/cosmos/gogoproto/jsonpb"

	xrental "github.com/dbc-network/dbc/x/rental"
)

// FuzzGenesis: a genesis document is valid or refused, never a panic, and a
// valid one is still valid after it was written and read again.
func FuzzGenesis(f *testing.F) {
	text, err := new(jsonpb.Marshaler).MarshalToString(xrental.DefaultGenesis())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Add([]byte(`{"next_rent_id":"2","rentals":[{"id":"1","state":"RENTAL_STATE_ACTIVE","segments":[{"rent":"18446744073709551615"}]}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var state xrental.GenesisState
		if jsonpb.Unmarshal(bytes.NewReader(doc), &state) != nil || state.Validate() != nil {
			return
		}
		wire, err := state.Marshal()
		if err != nil {
			t.Fatalf("%s is valid but can't be stored: %v", doc, err)
		}
		var again xrental.GenesisState
		if err := again.Unmarshal(wire); err != nil || again.Validate() != nil {
			t.Fatalf("%s is not valid once stored: %v, %v", doc, err, again.Validate())
		}
	})
}

// FuzzRental: the bytes of a rental, as a store or a node returns them, are judged without
// a panic.
func FuzzRental(f *testing.F) {
	one := xrental.Rental{Id: 1, Renter: "dbc1x", MachineId: "ab", Slots: []uint32{0}, Segments: []xrental.Segment{{Rent: 5}}}
	wire, err := one.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Fuzz(func(t *testing.T, wire []byte) {
		var r xrental.Rental
		if r.Unmarshal(wire) != nil {
			return
		}
		if r.Validate() == nil && r.Claimed > r.Paid {
			t.Errorf("valid with %d claimed of %d", r.Claimed, r.Paid)
		}
	})
}
