package guard

import errorsmod "cosmossdk.io/errors"

// Codes are part of the chain's interface: never renumber them.
var (
	// ErrUnauthorized: the signer is neither the guardian nor governance.
	ErrUnauthorized = errorsmod.Register(ModuleName, 2, "not allowed")
	// ErrInvalidParams: parameters contradict each other or a bound.
	ErrInvalidParams = errorsmod.Register(ModuleName, 3, "invalid parameters")
	// ErrPause: a pause would end too late, or comes too soon after another.
	ErrPause = errorsmod.Register(ModuleName, 4, "invalid pause")
	// ErrPaused: new rentals are paused.
	ErrPaused = errorsmod.Register(ModuleName, 5, "new rentals are paused")
	// ErrGasPrice: the fee is below the floor for gas prices.
	ErrGasPrice = errorsmod.Register(ModuleName, 6, "gas price too low")
	// ErrTooLarge: the transaction has more bytes or wants more gas than is allowed.
	ErrTooLarge = errorsmod.Register(ModuleName, 7, "transaction too large")
	// ErrFull: the mempool holds as many transactions without a deadline as it may.
	ErrFull = errorsmod.Register(ModuleName, 8, "mempool is full")
)
