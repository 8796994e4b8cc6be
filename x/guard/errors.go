package guard

import "cosmossdk.io/errors"

// Codes are part of the chain's interface: never renumber one.
var (
	// ErrUnauthorized: the signer is neither the guardian nor governance.
	ErrUnauthorized = errors.Register(ModuleName, 2, "not allowed")
	// ErrInvalidParams: parameters do not hold together.
	ErrInvalidParams = errors.Register(ModuleName, 3, "invalid parameters")
	// ErrPause: a pause would end too late, or comes too early after another.
	ErrPause = errors.Register(ModuleName, 4, "invalid pause")
	// ErrPaused: new rentals are paused.
	ErrPaused = errors.Register(ModuleName, 5, "new rentals are paused")
	// ErrGasPrice: the fee is below the floor of gas prices.
	ErrGasPrice = errors.Register(ModuleName, 6, "gas price too low")
	// ErrTooLarge: the transaction has more bytes or wants more gas than one may.
	ErrTooLarge = errors.Register(ModuleName, 7, "transaction too large")
	// ErrFull: the mempool holds as many transactions without a deadline as it takes.
	ErrFull = errors.Register(ModuleName, 8, "mempool is full")
)
