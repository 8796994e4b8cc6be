package machine

import (
	"context"
	"time"
)

// MachineHooks are called by x/machine after something happened to a machine. An error
// fails the message, or postpones the closing of the challenge.
type MachineHooks interface {
	// AfterMachineOffline: the machine is offline from the time since on, which lies in
	// the past if an unanswered challenge (challengeID, else 0) was the cause.
	AfterMachineOffline(ctx context.Context, machineID string, since time.Time, challengeID uint64) error
	// AfterMachineOnline: the machine was offline from offlineSince until now,
	// including halts of the chain.
	AfterMachineOnline(ctx context.Context, machineID string, offlineSince, now time.Time) error
	// AfterChallengeClosed: what waited for the challenge can be settled. For an
	// unanswered one AfterMachineOffline was called before. After an answered one
	// others may be open, and rent waits for the oldest of them.
	AfterChallengeClosed(ctx context.Context, machineID string, challengeID uint64, answered bool) error
}

// MultiMachineHooks calls several listeners in their order, until one returns an error.
type MultiMachineHooks []MachineHooks

var _ MachineHooks = MultiMachineHooks{}

// NewMultiMachineHooks returns hooks that call all of these.
func NewMultiMachineHooks(hooks ...MachineHooks) MultiMachineHooks { return hooks }

// AfterMachineOffline calls all listeners.
func (m MultiMachineHooks) AfterMachineOffline(ctx context.Context, machineID string, since time.Time, challengeID uint64) error {
	for _, h := range m {
		if err := h.AfterMachineOffline(ctx, machineID, since, challengeID); err != nil {
			return err
		}
	}
	return nil
}

// AfterMachineOnline calls all listeners.
func (m MultiMachineHooks) AfterMachineOnline(ctx context.Context, machineID string, offlineSince, now time.Time) error {
	for _, h := range m {
		if err := h.AfterMachineOnline(ctx, machineID, offlineSince, now); err != nil {
			return err
		}
	}
	return nil
}

// AfterChallengeClosed calls all listeners.
func (m MultiMachineHooks) AfterChallengeClosed(ctx context.Context, machineID string, challengeID uint64, answered bool) error {
	for _, h := range m {
		if err := h.AfterChallengeClosed(ctx, machineID, challengeID, answered); err != nil {
			return err
		}
	}
	return nil
}
