package faucet

import "errors"

// ErrNotDevnet means: only devnets give coins away.
var ErrNotDevnet = errors.New("a faucet is for dbc-devnet-N only")
