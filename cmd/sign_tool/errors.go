package main

import "errors"

var (
	// errUsage means: the command line does not say what to do.
	errUsage = errors.New("usage")
	// errKey means: what was given is no private key and no mnemonic.
	errKey = errors.New("no private key")
	// errWallet means: the wallet is not the key's.
	errWallet = errors.New("not the key's wallet")
)
