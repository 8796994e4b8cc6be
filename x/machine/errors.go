package machine

import errorsmod "cosmossdk.io/errors"

// Codes are part of the chain's interface: never renumber them.
var (
	// ErrNotFound: no machine or challenge has this id.
	ErrNotFound = errorsmod.Register(ModuleName, 2, "not found")
	// ErrUnauthorized: the signer may not do this to the machine.
	ErrUnauthorized = errorsmod.Register(ModuleName, 3, "not allowed")
	// ErrInvalidID: a machine id is not 64 lower-case hex digits of a usable ed25519 key.
	ErrInvalidID = errorsmod.Register(ModuleName, 4, "invalid machine id")
	// ErrInvalidAddress: an address is not one of this chain, or a module's.
	ErrInvalidAddress = errorsmod.Register(ModuleName, 5, "invalid address")
	// ErrInvalidFacts: a fact is missing, malformed or over its limit.
	ErrInvalidFacts = errorsmod.Register(ModuleName, 6, "invalid facts")
	// ErrInvalidPrice: a price is zero or over its limit.
	ErrInvalidPrice = errorsmod.Register(ModuleName, 7, "invalid price")
	// ErrInvalidBatch: a list in a message is empty, too long or names something twice.
	ErrInvalidBatch = errorsmod.Register(ModuleName, 8, "invalid list")
	// ErrInvalidAmount: an amount of money is zero or over its limit.
	ErrInvalidAmount = errorsmod.Register(ModuleName, 9, "invalid amount")
	// ErrInvalidParams: parameters contradict each other or a bound.
	ErrInvalidParams = errorsmod.Register(ModuleName, 10, "invalid parameters")
	// ErrInvalidGenesis: a genesis state contradicts itself.
	ErrInvalidGenesis = errorsmod.Register(ModuleName, 11, "invalid genesis")
	// ErrSignature: the machine's key did not sign this.
	ErrSignature = errorsmod.Register(ModuleName, 12, "wrong machine signature")
	// ErrExpired: the machine's signature has expired.
	ErrExpired = errorsmod.Register(ModuleName, 13, "machine signature expired")
	// ErrBondSeq: the bond_seq was already used.
	ErrBondSeq = errorsmod.Register(ModuleName, 14, "bond_seq must grow")
	// ErrBonded: the machine is already bonded.
	ErrBonded = errorsmod.Register(ModuleName, 15, "machine is bonded")
	// ErrGPUTaken: a GPU id is bonded to another machine, reserved for another owner or barred to this one.
	ErrGPUTaken = errorsmod.Register(ModuleName, 16, "gpu id is taken")
	// ErrState: the machine's state does not allow this.
	ErrState = errorsmod.Register(ModuleName, 17, "wrong machine state")
	// ErrRentalsOpen: slots of the machine are rented.
	ErrRentalsOpen = errorsmod.Register(ModuleName, 18, "rentals are open")
	// ErrChallengeOpen: the machine has a challenge that must be closed first.
	ErrChallengeOpen = errorsmod.Register(ModuleName, 19, "a challenge is open")
	// ErrChallengeClosed: the challenge is not open at this machine, or its deadline has
	// passed.
	ErrChallengeClosed = errorsmod.Register(ModuleName, 20, "challenge is closed")
	// ErrDrain: a drain would begin too early or too late.
	ErrDrain = errorsmod.Register(ModuleName, 21, "invalid drain")
	// ErrStake: the machine's stake is below nine tenths of what it needs.
	ErrStake = errorsmod.Register(ModuleName, 22, "stake too low")
	// ErrUnbonding: the stake is still held.
	ErrUnbonding = errorsmod.Register(ModuleName, 23, "stake is unbonding")
	// ErrNoSlots: fewer slots are free.
	ErrNoSlots = errorsmod.Register(ModuleName, 24, "not enough free slots")
	// ErrExpiry: the machine's signature would be valid for too long.
	ErrExpiry = errorsmod.Register(ModuleName, 27, "machine signature lasts too long")
	// ErrFirstBlock: the first block since genesis carries the genesis time, not the
	// current time.
	ErrFirstBlock = errorsmod.Register(ModuleName, 28, "not in the first block")
	// ErrExitNotice: an exit notice is neither 0 nor an hour to seven days.
	ErrExitNotice = errorsmod.Register(ModuleName, 29, "invalid exit notice")
	// ErrInvariant: stored state contradicts itself.
	ErrInvariant = errorsmod.Register(ModuleName, 26, "invariant broken")
)
