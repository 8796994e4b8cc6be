package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client/market"
)

// TestPassphraseOnce: dbc host bond and dbc host online use their wallet twice,
// and a piped passphrase is needed once. What precedes and follows it goes
// where it should.
func TestPassphraseOnce(t *testing.T) {
	home := t.TempDir()
	t.Setenv("DBC_HOME", home)
	const chainID = "dbc-testnet-1"
	ring, err := market.OpenKeyring(home, market.Backend(chainID), market.FixedPassphrase("a passphrase"))
	if err != nil {
		t.Fatal(err)
	}
	made, _, err := ring.Create("owner")
	if err != nil {
		t.Fatal(err)
	}
	s := &settings{home: home, chainID: chainID, wallet: "owner"}
	cmd := &cobra.Command{}
	input := strings.NewReader("a password\na passphrase\nkeys")
	cmd.SetIn(input)
	if password, err := readPassword(cmd); err != nil || password != "a password" {
		t.Errorf("the password is %q, %v", password, err)
	}
	for range 2 {
		got, err := s.signer(cmd)
		if err != nil {
			t.Fatal(err)
		}
		if got.Address() != made.Address() {
			t.Errorf("wallet %s, want %s", got.Address(), made.Address())
		}
	}
	if rest, err := io.ReadAll(input); err != nil || string(rest) != "keys" {
		t.Errorf("left are %q, %v", rest, err)
	}
}
