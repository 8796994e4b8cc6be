package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
)

// The keyrings of a home: wallets of devnets lie open, all others behind a passphrase.
var backends = []struct{ name, networks string }{
	{keyring.BackendTest, "devnets"},
	{keyring.BackendFile, "other networks"},
}

// ring opens one of them.
func (s *settings) ring(cmd *cobra.Command, backend string) (*client.Keyring, error) {
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	return client.OpenKeyring(home, backend, s.passphrase(cmd))
}

// ringOf is the keyring that has a wallet, whatever network runs: that of the
// network if both or none have it.
func (s *settings) ringOf(cmd *cobra.Command, wallet string) (*client.Keyring, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	backend := client.Backend(s.chainID)
	if _, err := chain.ParseAddress(wallet); err != nil {
		for _, b := range backends {
			names, err := client.Names(home, b.name)
			if err != nil {
				return nil, err
			}
			own, err := client.Names(home, backend)
			if err != nil {
				return nil, err
			}
			if slices.Contains(names, wallet) && !slices.Contains(own, wallet) {
				backend = b.name
			}
		}
	}
	return s.ring(cmd, backend)
}

// listed is a wallet as dbc wallet list shows it.
type listed struct {
	Name string `json:"name"`
	// Address is empty where the passphrase is not at hand.
	Address  string `json:"address,omitempty"`
	Networks string `json:"networks"`
}

// allWallets are those of both keyrings: which network runs is no matter. The
// passphrase is asked for only where the network that is meant has one.
func (s *settings) allWallets(cmd *cobra.Command) ([]listed, error) {
	if err := s.resolve(); err != nil {
		return nil, err
	}
	home, err := s.homeDir()
	if err != nil {
		return nil, err
	}
	rows := []listed{}
	for _, b := range backends {
		names, err := client.Names(home, b.name)
		if err != nil {
			return nil, err
		}
		_, given, _ := s.givenPassphrase()
		open := b.name == keyring.BackendTest || given || client.Backend(s.chainID) == b.name && !s.completing
		if len(names) == 0 {
			continue
		}
		if !open {
			for _, name := range names {
				rows = append(rows, listed{Name: name, Networks: b.networks})
			}
			continue
		}
		more, err := s.openWallets(cmd, b.name)
		if err != nil {
			return nil, err
		}
		for _, w := range more {
			rows = append(rows, listed{Name: w.Name, Address: w.Address(), Networks: b.networks})
		}
	}
	return rows, nil
}

func (s *settings) openWallets(cmd *cobra.Command, backend string) ([]*client.Wallet, error) {
	ring, err := s.ring(cmd, backend)
	if err != nil {
		return nil, err
	}
	return ring.Wallets()
}
