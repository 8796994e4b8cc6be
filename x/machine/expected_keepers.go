package machine

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// BankKeeper moves stakes and deposits into and out of the module account.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, senderModule string, recipient sdk.AccAddress, amt sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, senderModule, recipientModule string, amt sdk.Coins) error
	GetBalance(ctx context.Context, addr sdk.AccAddress, denom string) sdk.Coin
	SpendableCoins(ctx context.Context, addr sdk.AccAddress) sdk.Coins
	BlockedAddr(addr sdk.AccAddress) bool
}

// RentalKeeper is the module that rents machines out.
type RentalKeeper interface {
	// SettleDue settles what is open on a machine if all of it is over and it is
	// not too much, for a message that needs the machine free.
	SettleDue(ctx context.Context, machineID string) error
	// RentedSlots returns the slots of a machine that an account rents now, ascending.
	RentedSlots(ctx context.Context, machineID string, renter sdk.AccAddress) ([]uint32, error)
}

// AccountKeeper returns the module account's address.
type AccountKeeper interface {
	GetModuleAddress(moduleName string) sdk.AccAddress
}
