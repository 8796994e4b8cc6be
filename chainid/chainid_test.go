package chainid

import "testing"

func TestKinds(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]struct{ valid, test, devnet bool }{
		"dbc-devnet-1": {true, true, true}, "dbc-testnet-12": {true, true, false}, "dbc-1": {true, false, false},
		"dbc-devnet-x": {true, false, false}, "dbc-devnet-": {true, false, false}, "xdbc-devnet-1": {true, false, false},
		"dbc-devnet-1 ": {}, "": {}, "dbc/1": {},
	} {
		if valid, test, devnet := Valid(id), Test(id), Devnet(id); valid != want.valid || test != want.test || devnet != want.devnet {
			t.Errorf("%q: valid %v, test %v, devnet %v; want %+v", id, valid, test, devnet, want)
		}
	}
}
