package challenge

import "errors"

var (
	// ErrNoOperator means: an open challenge, and no operator_key to answer it with.
	ErrNoOperator = errors.New("no operator_key in core.conf")
	// ErrNotOperator means: operator_key is not the key of the machine's operator on the chain.
	ErrNotOperator = errors.New("operator_key is not the machine's operator")
)
