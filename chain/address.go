package chain

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/codec/address"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
)

const (
	// Denom is the smallest coin; 1 DBC is 1,000,000 of them.
	Denom = "udbc"
	// Prefix begins every account's address.
	Prefix = "dbc"
	// CoinType is the wallets' number in BIP-44 paths.
	CoinType = 118
)

// The SDK's own prefix is a global that only one of several libraries in a
// process may set, so addresses are made here without it.
var addressCodec = address.NewBech32Codec(Prefix)

// Address is the account that a public key controls.
func Address(key cryptotypes.PubKey) string {
	return AddressOf(key.Address())
}

// AddressOf writes the bytes of an account as dbc1….
func AddressOf(account []byte) string {
	s, err := addressCodec.BytesToString(account)
	if err != nil {
		return ""
	}
	return s
}

// ParseAddress reads dbc1… and refuses other prefixes and broken checksums.
func ParseAddress(s string) ([]byte, error) {
	account, err := addressCodec.StringToBytes(s)
	if err != nil {
		return nil, fmt.Errorf("%.100q: %w", s, ErrAddress)
	}
	return account, nil
}
