package main

import "errors"

var (
	// errUsage means that the command line is incomplete or wrong.
	errUsage = errors.New("usage")
	// errKey means that the input is neither a private key nor a mnemonic.
	errKey = errors.New("no private key")
	// errWallet means that the key does not belong to the wallet.
	errWallet = errors.New("not the key's wallet")
)
