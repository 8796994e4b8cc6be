package faucet

import "errors"

// ErrNotDevnet means that the chain is not a devnet.
var ErrNotDevnet = errors.New("a faucet is for dbc-devnet-N only")
