package challenge

import "errors"

var (
	// ErrNoOperator means that a challenge is open and there is no operator_key to answer
	// it with.
	ErrNoOperator = errors.New("no operator_key in core.conf")
	// ErrNotOperator means that operator_key is not the key of the machine's operator on
	// the chain.
	ErrNotOperator = errors.New("operator_key is not the machine's operator")
)
