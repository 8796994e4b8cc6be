package client_test

import (
	"errors"
	"testing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
)

func TestKeyring(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	ring, err := client.OpenKeyring(home, client.Backend(chainID), nil)
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
	if _, err := ring.Wallet("bob"); !errors.Is(err, client.ErrNoWallet) {
		t.Errorf("bob: %v", err)
	}
	other, err := client.OpenKeyring(t.TempDir(), client.Backend(chainID), nil)
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
	wallet := newWallet(t)
	sign, err := wallet.Sign(t.Context(), "text")
	if err != nil {
		t.Fatal(err)
	}
	if address, err := auth.VerifySign("text", sign); err != nil || address != wallet.Address() {
		t.Errorf("%s: %v", address, err)
	}
}
