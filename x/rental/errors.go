package rental

import errorsmod "cosmossdk.io/errors"

// Codes are never renumbered. Each refusal wraps one with the field, its value,
// the limit and the remedy.
var (
	// ErrNotFound: there is no such rental, or it was pruned.
	ErrNotFound = errorsmod.Register(ModuleName, 2, "rental not found")
	// ErrInvalid: a field of the message is malformed.
	ErrInvalid = errorsmod.Register(ModuleName, 3, "invalid field")
	// ErrDuration: a duration is not a multiple of the unit, too short or too long.
	ErrDuration = errorsmod.Register(ModuleName, 4, "duration out of bounds")
	// ErrNotRentable: the machine is not online, draining, below its stake or has too few
	// slots.
	ErrNotRentable = errorsmod.Register(ModuleName, 5, "machine not rentable")
	// ErrListingMoved: the listing changed since the renter saw it.
	ErrListingMoved = errorsmod.Register(ModuleName, 6, "listing moved")
	// ErrTooExpensive: rent and fee are more than max_total.
	ErrTooExpensive = errorsmod.Register(ModuleName, 7, "more than max_total")
	// ErrFunds: the renter can't pay.
	ErrFunds = errorsmod.Register(ModuleName, 8, "not enough money")
	// ErrTooManyTrials: the renter has as many open trials as are allowed.
	ErrTooManyTrials = errorsmod.Register(ModuleName, 9, "too many open trials")
	// ErrCooldown: the renter had a trial on the machine refunded a short while ago.
	ErrCooldown = errorsmod.Register(ModuleName, 10, "trial too soon after a refund")
	// ErrUnauthorized: the signer may not do this to the rental.
	ErrUnauthorized = errorsmod.Register(ModuleName, 11, "signer not allowed")
	// ErrState: the rental's state does not allow the message.
	ErrState = errorsmod.Register(ModuleName, 12, "not in this state")
	// ErrLate: the deadline or the end has passed.
	ErrLate = errorsmod.Register(ModuleName, 13, "too late")
	// ErrAmbiguous: the machine_id fits no open rental of the signer, or several.
	ErrAmbiguous = errorsmod.Register(ModuleName, 14, "rental not named")
	// ErrAmount: an amount rounds to zero or does not fit.
	ErrAmount = errorsmod.Register(ModuleName, 15, "amount out of bounds")
	// ErrSegments: the rental has as many price segments as are allowed.
	ErrSegments = errorsmod.Register(ModuleName, 16, "too many price segments")
	// ErrParams: the parameters contradict each other or a bound.
	ErrParams = errorsmod.Register(ModuleName, 17, "invalid parameters")
	// ErrInvariant: stored state contradicts itself.
	ErrInvariant = errorsmod.Register(ModuleName, 18, "invariant broken")
)
