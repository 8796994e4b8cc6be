package machine_test

import (
	"bytes"
	"testing"

	"github.com/cosmos/gogoproto/jsonpb"

	"github.com/dbc-network/dbc/x/machine"
)

// FuzzGenesis: a genesis document is valid or refused, never a panic, and a
// valid one is still valid after it was written and read again.
func FuzzGenesis(f *testing.F) {
	text, err := new(jsonpb.Marshaler).MarshalToString(machine.DefaultGenesis())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(text))
	f.Add([]byte(`{"next_challenge_id":"1","machines":[{"id":"ab","facts":{"slots":[{"gpu_count":1}]}}]}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		var state machine.GenesisState
		if jsonpb.Unmarshal(bytes.NewReader(doc), &state) != nil || state.Validate() != nil {
			return
		}
		wire, err := state.Marshal()
		if err != nil {
			t.Fatalf("%s is valid but can't be stored: %v", doc, err)
		}
		var again machine.GenesisState
		if err := again.Unmarshal(wire); err != nil || again.Validate() != nil {
			t.Fatalf("%s is not valid once stored: %v, %v", doc, err, again.Validate())
		}
	})
}
