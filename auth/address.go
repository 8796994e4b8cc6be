package auth

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/btcutil/bech32"
	"golang.org/x/crypto/ripemd160" //nolint:staticcheck // the address of a secp256k1 key is defined by it
)

// AddressPrefix is the human part of every address: dbc1…
const AddressPrefix = "dbc"

const (
	addressSize   = ripemd160.Size
	addressLength = 42
)

// Address is the bech32 address of a 33-byte compressed secp256k1 key.
func Address(pubKey []byte) (string, error) {
	if _, err := parsePubKey(pubKey); err != nil {
		return "", err
	}
	inner := sha256.Sum256(pubKey)
	outer := ripemd160.New()
	outer.Write(inner[:])
	address, err := bech32.EncodeFromBase256(AddressPrefix, outer.Sum(nil))
	if err != nil {
		return "", fmt.Errorf("encode address: %w", err)
	}
	return address, nil
}

// CheckWallet reports an error unless wallet is the address of a key:
// lower-case bech32 with the prefix dbc and 20 bytes. A module account's
// address is longer and is refused, because no key signs for it.
func CheckWallet(wallet string) error {
	if len(wallet) != addressLength || strings.ToLower(wallet) != wallet {
		return fmt.Errorf("%w: field wallet: want %d lower-case characters that begin with %s1", ErrMalformed, addressLength, AddressPrefix)
	}
	prefix, _, version, err := bech32.DecodeGeneric(wallet)
	if err != nil {
		return fmt.Errorf("%w: field wallet: %w", ErrMalformed, err)
	}
	if version != bech32.Version0 {
		return fmt.Errorf("%w: field wallet: it has a checksum of bech32m, want bech32", ErrMalformed)
	}
	// This many characters after this prefix spell 20 bytes, without a bit left over.
	if prefix != AddressPrefix {
		return fmt.Errorf("%w: field wallet: prefix %q, want %q", ErrMalformed, prefix, AddressPrefix)
	}
	return nil
}
