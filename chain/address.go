package chain

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/codec/address"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
)

const (
	// Denom is the smallest unit of the coin; 1 DBC is 1,000,000 udbc.
	Denom = "udbc"
	// Prefix is the bech32 prefix of every account address.
	Prefix = "dbc"
	// CoinType is the coin type of wallets in BIP-44 paths.
	CoinType = 118
)

// The SDK's own prefix is a global that only one of several libraries in a
// process may set, so addresses are encoded here without it.
var addressCodec = address.NewBech32Codec(Prefix)

// Address returns the address of the account that a public key controls.
func Address(key cryptotypes.PubKey) string {
	return AddressOf(key.Address())
}

// AddressOf encodes the bytes of an account as dbc1….
func AddressOf(account []byte) string {
	s, err := addressCodec.BytesToString(account)
	if err != nil {
		return ""
	}
	return s
}

// ParseAddress parses a dbc1… address and refuses other prefixes and wrong
// checksums.
func ParseAddress(s string) ([]byte, error) {
	account, err := addressCodec.StringToBytes(s)
	if err != nil {
		return nil, fmt.Errorf("%.100q: %w", s, ErrAddress)
	}
	return account, nil
}
