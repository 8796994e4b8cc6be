package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client/market"
)

// The keyrings of a home: wallets of devnets are not encrypted, all others need a
// passphrase.
var backends = []struct{ name, networks string }{
	{keyring.BackendTest, "devnets"},
	{keyring.BackendFile, "other networks"},
}

// openRing opens one of them.
func openRing(s *settings, cmd *cobra.Command, backend string) (*market.Keyring, error) {
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	return market.OpenKeyring(home, backend, askPassphrase(s, cmd))
}

// ringOf returns the keyring that has a wallet, whatever network runs: that of
// the network if both or none have it.
func ringOf(s *settings, cmd *cobra.Command, wallet string) (*market.Keyring, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	backend := market.Backend(s.chainID)
	if _, err := chain.ParseAddress(wallet); err != nil {
		for _, b := range backends {
			names, err := market.Names(home, b.name)
			if err != nil {
				return nil, err
			}
			own, err := market.Names(home, backend)
			if err != nil {
				return nil, err
			}
			if slices.Contains(names, wallet) && !slices.Contains(own, wallet) {
				backend = b.name
			}
		}
	}
	return openRing(s, cmd, backend)
}

// listed is a wallet as dbc wallet list shows it.
type listed struct {
	Name string `json:"name"`
	// Address is empty if the passphrase is not available.
	Address  string `json:"address,omitempty"`
	Networks string `json:"networks"`
}

// allWallets returns those of both keyrings, whichever network runs. The
// passphrase is asked for only if the network in question has one.
func allWallets(s *settings, cmd *cobra.Command) ([]listed, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	rows := []listed{}
	for _, b := range backends {
		names, err := market.Names(home, b.name)
		if err != nil {
			return nil, err
		}
		_, given, _ := givenPassphrase(s)
		open := b.name == keyring.BackendTest || given || market.Backend(s.chainID) == b.name && !s.completing
		if len(names) == 0 {
			continue
		}
		if !open {
			for _, name := range names {
				rows = append(rows, listed{Name: name, Networks: b.networks})
			}
			continue
		}
		more, err := openWallets(s, cmd, b.name)
		if err != nil {
			return nil, err
		}
		for _, w := range more {
			rows = append(rows, listed{Name: w.Name, Address: w.Address(), Networks: b.networks})
		}
	}
	return rows, nil
}

func openWallets(s *settings, cmd *cobra.Command, backend string) ([]*market.Wallet, error) {
	ring, err := openRing(s, cmd, backend)
	if err != nil {
		return nil, err
	}
	return ring.Wallets()
}
