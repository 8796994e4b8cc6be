package machine

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// MachineHooks is what x/machine tells whoever rents machines out; app/ sets
// it. An error fails the message, or sends the challenge back to its queue.
type MachineHooks interface {
	// BeforeMachineChange settles what is due on the machine before a message touches it.
	BeforeMachineChange(ctx context.Context, machineID string) error
	// AfterMachineOffline: the machine is offline from since, which lies in the
	// past if an unanswered challenge (challengeID, else 0) was the cause.
	AfterMachineOffline(ctx context.Context, machineID string, since time.Time, challengeID uint64) error
	// AfterMachineOnline: the machine was offline from offlineSince until now,
	// halts of the chain included.
	AfterMachineOnline(ctx context.Context, machineID string, offlineSince, now time.Time) error
	// RentedSlots are the slots of the machine that an account rents now, ascending.
	RentedSlots(ctx context.Context, machineID string, renter sdk.AccAddress) ([]uint32, error)
	// AfterChallengeClosed: what waited for the challenge can be settled. For an
	// unanswered one AfterMachineOffline came before. An answered one may leave
	// others open, whose oldest is what rent waits for then.
	AfterChallengeClosed(ctx context.Context, machineID string, challengeID uint64, answered bool) error
}
