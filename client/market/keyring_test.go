package market_test

import (
	"errors"
	"testing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client/market"
)

const chainID = "dbc-devnet-1"

func TestKeyring(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	ring, err := market.OpenKeyring(home, market.Backend(chainID), nil)
	if err != nil {
		t.Fatal(err)
	}
	made, words, err := ring.Create("alice")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ring.Create("alice"); err == nil {
		t.Error("a second alice was made")
	}
	if _, _, err := ring.Create("../alice"); err == nil {
		t.Error("a name with a path was taken")
	}
	for _, name := range []string{"alice", made.Address()} {
		if found, err := ring.Wallet(name); err != nil || found.Address() != made.Address() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ring.Wallet("bob"); !errors.Is(err, market.ErrNoWallet) {
		t.Errorf("bob: %v", err)
	}
	other, err := market.OpenKeyring(t.TempDir(), market.Backend(chainID), nil)
	if err != nil {
		t.Fatal(err)
	}
	restored, err := other.Restore("again", words)
	if err != nil || restored.Address() != made.Address() {
		t.Errorf("restored: %v", err)
	}
}

func TestWalletSignsTexts(t *testing.T) {
	t.Parallel()
	wallet, _, err := openTest(t).Create("alice")
	if err != nil {
		t.Fatal(err)
	}
	sign, err := wallet.Sign(t.Context(), "text")
	if err != nil {
		t.Fatal(err)
	}
	if address, err := auth.VerifySign("text", sign); err != nil || address != wallet.Address() {
		t.Errorf("%s: %v", address, err)
	}
}

// TestBackend: an id that only looks like a devnet's does not leave keys open.
func TestBackend(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		chainID: "test", "dbc-devnet-12": "test", "dbc-devnet-": "file", "dbc-devnet-main": "file", "dbc-testnet-1": "file", "dbc-1": "file", "": "file",
	} {
		if got := market.Backend(id); got != want {
			t.Errorf("%q: %s, want %s", id, got, want)
		}
	}
}
