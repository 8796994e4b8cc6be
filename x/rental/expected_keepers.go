package rental

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
)

// BankKeeper moves rent into and out of the escrow, the module account.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, senderModule string, recipient sdk.AccAddress, amt sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, senderModule, recipientModule string, amt sdk.Coins) error
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	// BlockedAddr reports whether an account may not receive money, such as a module's.
	BlockedAddr(addr sdk.AccAddress) bool
	SpendableCoins(ctx context.Context, addr sdk.AccAddress) sdk.Coins
}

// DistributionKeeper receives what goes to the community pool.
type DistributionKeeper interface {
	FundCommunityPool(ctx context.Context, amount sdk.Coins, sender sdk.AccAddress) error
}

// MachineReader reads machines. Each error names the machine.
type MachineReader interface {
	halt.Reader
	GetMachine(ctx context.Context, id string) (machine.Machine, error)
	// FreeSlots returns the slots that nobody rents and that are in service, ascending.
	FreeSlots(ctx context.Context, id string) ([]uint32, error)
	// UnrentedSlots returns the slots that nobody rents, in service or not.
	UnrentedSlots(ctx context.Context, id string) ([]uint32, error)
	// Rentals returns those that hold slots, ascending: the open ones.
	Rentals(ctx context.Context, id string) ([]uint64, error)
	// OpenChallenge returns the machine's oldest open challenge, and false without one.
	OpenChallenge(ctx context.Context, id string) (machine.Challenge, bool, error)
	// UnbondingTime returns how long a stake is held after the last rental.
	UnbondingTime(ctx context.Context) (time.Duration, error)
}

// MachineKeeper changes machines for rentals.
type MachineKeeper interface {
	MachineReader
	// ReserveSlots reserves the n lowest free slots, or for n = 0 all of a machine
	// of which none is rented. It refuses a machine that is not online or below its
	// stake.
	ReserveSlots(ctx context.Context, id string, n uint32, rentID uint64) ([]uint32, error)
	// RestoreSlots reserves exactly these slots at import, of a machine that is online or
	// offline.
	RestoreSlots(ctx context.Context, id string, slots []uint32, rentID uint64) error
	// ReleaseSlots releases the slots of a rental; without any it does nothing.
	ReleaseSlots(ctx context.Context, id string, rentID uint64) error
	// PayFromStake pays at most what the stake holds and returns how much it was.
	PayFromStake(ctx context.Context, id string, to sdk.AccAddress, amount uint64) (uint64, error)
	// TakeFromStake moves at most what the stake holds to a module and returns how much it
	// was.
	TakeFromStake(ctx context.Context, id, module string, amount uint64) (uint64, error)
	// PayHost pays rent out of a module's account to the payout address. While the stake
	// is short a tenth of it, rounded up, goes into the stake; it returns how much.
	PayHost(ctx context.Context, id, module string, amount uint64) (uint64, error)
	// RecordRentalEnd stores the latest end, from which unbonding counts.
	RecordRentalEnd(ctx context.Context, id string, end time.Time) error
}
