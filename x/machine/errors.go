package machine

import "cosmossdk.io/errors"

// Codes are part of the chain's interface: never renumber one.
var (
	// ErrNotFound: no machine or challenge has this id.
	ErrNotFound = errors.Register(ModuleName, 2, "not found")
	// ErrUnauthorized: the signer is not the one who may do this to the machine.
	ErrUnauthorized = errors.Register(ModuleName, 3, "not allowed")
	// ErrInvalidID: a machine id is not 64 lower-case hex digits of a usable ed25519 key.
	ErrInvalidID = errors.Register(ModuleName, 4, "invalid machine id")
	// ErrInvalidAddress: an address is not one of this chain, or a module's.
	ErrInvalidAddress = errors.Register(ModuleName, 5, "invalid address")
	// ErrInvalidFacts: a fact is missing, malformed or over its limit.
	ErrInvalidFacts = errors.Register(ModuleName, 6, "invalid facts")
	// ErrInvalidPrice: a price is zero or over its limit.
	ErrInvalidPrice = errors.Register(ModuleName, 7, "invalid price")
	// ErrInvalidBatch: a list in a message is empty, too long or names something twice.
	ErrInvalidBatch = errors.Register(ModuleName, 8, "invalid list")
	// ErrInvalidAmount: an amount of money is zero or over its limit.
	ErrInvalidAmount = errors.Register(ModuleName, 9, "invalid amount")
	// ErrInvalidParams: parameters do not hold together.
	ErrInvalidParams = errors.Register(ModuleName, 10, "invalid parameters")
	// ErrInvalidGenesis: a genesis state does not hold together.
	ErrInvalidGenesis = errors.Register(ModuleName, 11, "invalid genesis")
	// ErrSignature: the machine's key did not sign this.
	ErrSignature = errors.Register(ModuleName, 12, "wrong machine signature")
	// ErrExpired: the machine's signature is past its expiry.
	ErrExpired = errors.Register(ModuleName, 13, "machine signature expired")
	// ErrBondSeq: the bond_seq was used before.
	ErrBondSeq = errors.Register(ModuleName, 14, "bond_seq must grow")
	// ErrBonded: the machine is bonded already.
	ErrBonded = errors.Register(ModuleName, 15, "machine is bonded")
	// ErrGPUTaken: a GPU id is bonded to another machine, reserved for another owner or barred to this one.
	ErrGPUTaken = errors.Register(ModuleName, 16, "gpu id is taken")
	// ErrState: the machine's state does not allow this.
	ErrState = errors.Register(ModuleName, 17, "wrong machine state")
	// ErrRentalsOpen: slots of the machine are rented.
	ErrRentalsOpen = errors.Register(ModuleName, 18, "rentals are open")
	// ErrChallengeOpen: the machine has a challenge that must be closed first.
	ErrChallengeOpen = errors.Register(ModuleName, 19, "a challenge is open")
	// ErrChallengeClosed: the challenge is none of the machine's open ones, or its deadline passed.
	ErrChallengeClosed = errors.Register(ModuleName, 20, "challenge is closed")
	// ErrDrain: a drain would begin too early or too late.
	ErrDrain = errors.Register(ModuleName, 21, "invalid drain")
	// ErrStake: the machine's stake is below nine tenths of what it needs.
	ErrStake = errors.Register(ModuleName, 22, "stake too low")
	// ErrUnbonding: the stake is still held.
	ErrUnbonding = errors.Register(ModuleName, 23, "stake is unbonding")
	// ErrNoSlots: not as many slots are free.
	ErrNoSlots = errors.Register(ModuleName, 24, "not enough free slots")
	// ErrExpiry: the machine's signature would be good for too long.
	ErrExpiry = errors.Register(ModuleName, 27, "machine signature lasts too long")
	// ErrFirstBlock: the first block since genesis carries the genesis time, not the time it is.
	ErrFirstBlock = errors.Register(ModuleName, 28, "not in the first block")
	// ErrInvariant: stored state contradicts itself.
	ErrInvariant = errors.Register(ModuleName, 26, "invariant broken")
)
