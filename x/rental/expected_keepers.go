package rental

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// BankKeeper moves rent into and out of the escrow, the module account.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, senderModule string, recipient sdk.AccAddress, amt sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, senderModule, recipientModule string, amt sdk.Coins) error
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	// BlockedAddr reports whether an account may not receive money, as those of modules.
	BlockedAddr(addr sdk.AccAddress) bool
	SpendableCoins(ctx context.Context, addr sdk.AccAddress) sdk.Coins
}

// DistributionKeeper takes what goes to the community pool.
type DistributionKeeper interface {
	FundCommunityPool(ctx context.Context, amount sdk.Coins, sender sdk.AccAddress) error
}

// MachineReader tells of machines. Each error names the machine.
type MachineReader interface {
	GetMachine(ctx context.Context, id string) (machine.Machine, error)
	// FreeSlots are the slots that nobody rents, ascending.
	FreeSlots(ctx context.Context, id string) ([]uint32, error)
	// Rentals are those that hold slots, ascending: the open ones.
	Rentals(ctx context.Context, id string) ([]uint64, error)
	// OpenChallenge is the machine's oldest open challenge; false without one.
	OpenChallenge(ctx context.Context, id string) (machine.Challenge, bool, error)
	// Halted is the sum of all time in which the chain stood still, the current block included.
	Halted(ctx context.Context) (time.Duration, error)
	// HaltedBetween is how much of a span of time until now the chain stood still.
	HaltedBetween(ctx context.Context, from, to time.Time) (time.Duration, error)
	// PassedDeadline is a stored deadline that has passed, without the halts after it.
	PassedDeadline(ctx context.Context, stored time.Time) (time.Time, error)
	// UnbondingTime is how long a stake is held after the last rental.
	UnbondingTime(ctx context.Context) (time.Duration, error)
	// Started refuses what counts time from the block in the first block since
	// genesis, which carries the genesis time.
	Started(ctx context.Context) error
}

// MachineKeeper is what rentals change of machines.
type MachineKeeper interface {
	MachineReader
	// ReserveSlots hands out the n lowest free slots, or all of a machine of
	// which none is rented for n = 0. It refuses a machine that is not online
	// or below its stake.
	ReserveSlots(ctx context.Context, id string, n uint32, rentID uint64) ([]uint32, error)
	// RestoreSlots reserves just these slots at import, of a machine that is online or offline.
	RestoreSlots(ctx context.Context, id string, slots []uint32, rentID uint64) error
	// ReleaseSlots gives back the slots of a rental; without any it does nothing.
	ReleaseSlots(ctx context.Context, id string, rentID uint64) error
	// PayFromStake pays at most what the stake holds and says how much it was.
	PayFromStake(ctx context.Context, id string, to sdk.AccAddress, amount uint64) (uint64, error)
	// TakeFromStake moves at most what the stake holds to a module and says how much it was.
	TakeFromStake(ctx context.Context, id, module string, amount uint64) (uint64, error)
	// PayHost pays rent out of a module's account to the payout address. While
	// the stake is short a tenth of it, rounded up, goes there; it says how much.
	PayHost(ctx context.Context, id, module string, amount uint64) (uint64, error)
	// RecordRentalEnd keeps the latest end, from which unbonding counts.
	RecordRentalEnd(ctx context.Context, id string, end time.Time) error
}
