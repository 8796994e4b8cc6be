// Package account parses the addresses in messages and genesis files. Bech32
// spells one account in two ways, in lower and in upper case (BIP-173), so the
// modules store and compare what this package returns.
package account

import (
	"errors"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// An account is the hash of a key, or a module's or a multisig's.
const (
	short = 20
	long  = 32
)

// ErrBlocked means that the account is a module's or may not receive money:
// nobody could act for it, and what it is owed could not be paid.
var ErrBlocked = errors.New("must not be the account of a module")

// Blocker knows the accounts that may not receive money; x/bank is one.
type Blocker interface {
	BlockedAddr(addr sdk.AccAddress) bool
}

// Parse returns the account that text names. Store and compare only its String.
func Parse(text string) (sdk.AccAddress, error) {
	addr, err := sdk.AccAddressFromBech32(text)
	if err != nil {
		return nil, err
	}
	if n := len(addr); n != short && n != long {
		return nil, fmt.Errorf("has %d bytes: must have %d or %d", n, short, long)
	}
	return addr, nil
}

// Canonical returns the one spelling of an address; a text that is no address
// stays as it is, and equals nothing that is stored.
func Canonical(text string) string {
	addr, err := Parse(text)
	if err != nil {
		return text
	}
	return addr.String()
}

// Party returns the account that text names if it can be a party to a contract:
// not a module's, and able to receive money.
func Party(text string, blocker Blocker) (sdk.AccAddress, error) {
	addr, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if blocker.BlockedAddr(addr) {
		return nil, ErrBlocked
	}
	return addr, nil
}
