package market

import "errors"

var (
	// ErrNoWallet means that the keyring has no such wallet.
	ErrNoWallet = errors.New("no such wallet")
	// ErrName means that a text is not a wallet's name.
	ErrName = errors.New("letters, digits, - and _ only")
	// ErrWords means that the words are not a valid mnemonic.
	ErrWords = errors.New("these words are not a wallet's: one is missing, misspelt or in the wrong place (there are 24, or 12; a private key has 64 hex digits)")
	// ErrHere means that the keyring already has the wallet under another name.
	ErrHere = errors.New("this wallet exists already, under another name")
	// ErrTooDear means that a quote exceeds the caller's limit.
	ErrTooDear = errors.New("costs more than the limit")
)
