package devnet

import (
	"errors"
	"testing"

	"github.com/dbc-network/dbc/client/market"
)

// TestDemoLeavesNoWallet: what a demo made is deleted, and nothing else, though
// it may have a demo's name.
func TestDemoLeavesNoWallet(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	ring, err := market.OpenKeyring(home, market.Backend(ChainID), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "demo-7"} {
		if _, _, err := ring.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // the last one's name is a user's later
		d := Demo{Home: home, ring: ring}
		if _, _, err := d.makeWallet(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if made, err := DemoWallets(home); err != nil || len(made) != 3 || made["demo-7"] != "" {
		t.Fatalf("%v, %v", made, err)
	}
	if err := ring.Delete("demo-3"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ring.Create("demo-3"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // again finds nothing to do
		if err := ForgetDemoWallets(home); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]error{"alice": nil, "demo-7": nil, "demo-3": nil, "demo-1": market.ErrNoWallet, "demo-2": market.ErrNoWallet} {
		if _, err := ring.Wallet(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}
