package machine

import (
	"time"
)

const (
	// MaxStakeParam bounds stake_base and stake_per_slot, and maxStakeDays
	// stake_days, so that the stake of the largest machine fits 64 bits.
	MaxStakeParam = 100_000_000_000_000_000
	maxStakeDays  = 100
	// MaxStake bounds what AddStake can raise a machine's stake to: twice what the
	// largest machine can need.
	MaxStake  = 2 * MaxSlots * MaxPrice * maxStakeDays
	maxWindow = 10 * 365 * 24 * time.Hour
	maxDue    = 10_000
	dbc       = 1_000_000
)

// DefaultParams are those of DESIGN §4.
func DefaultParams() Params {
	return Params{
		StakeBase:        1_000 * dbc,
		StakePerSlot:     1_000 * dbc,
		AnswerWindow:     10 * time.Minute,
		ChallengeDeposit: 10 * dbc,
		DrainNotice:      24 * time.Hour,
		UnbondingTime:    21 * 24 * time.Hour,
		GpuCooldown:      30 * 24 * time.Hour,
		MaxBlockGap:      time.Minute,
		MaxDuePerBlock:   100,
		StakeDays:        12,
		RewardInterval:   24 * time.Hour,
	}
}

// RequiredStake returns the stake in udbc that a machine with this many slots
// at this many udbc per slot and day needs.
func (p Params) RequiredStake(slots int, pricePerDay uint64) uint64 {
	n := uint64(slots)
	return max(p.StakeBase+n*p.StakePerSlot, n*uint64(p.StakeDays)*pricePerDay) // no overflow: all are bounded
}

// Validate checks all parameters together.
func (p Params) Validate() error {
	for _, stake := range []struct {
		field string
		value uint64
	}{{"stake_base", p.StakeBase}, {"stake_per_slot", p.StakePerSlot}, {"challenge_deposit", p.ChallengeDeposit}} {
		if stake.value == 0 || stake.value > MaxStakeParam {
			return ErrInvalidParams.Wrapf("%s %d udbc: must be 1 to %d", stake.field, stake.value, uint64(MaxStakeParam))
		}
	}
	for _, window := range []struct {
		field string
		value time.Duration
		least time.Duration
	}{
		{"answer_window", p.AnswerWindow, time.Second},
		{"drain_notice", p.DrainNotice, 0},
		{"unbonding_time", p.UnbondingTime, time.Second},
		{"gpu_cooldown", p.GpuCooldown, 0},
		{"reward_interval", p.RewardInterval, 0},
		{"max_block_gap", p.MaxBlockGap, time.Second},
	} {
		if window.value < window.least || window.value > maxWindow {
			return ErrInvalidParams.Wrapf("%s %s: must be %s to %s", window.field, window.value, window.least, maxWindow)
		}
	}
	if p.UnbondingTime < p.AnswerWindow {
		return ErrInvalidParams.Wrapf("unbonding_time %s: must be at least the answer_window %s, or a stake leaves before a challenge is over",
			p.UnbondingTime, p.AnswerWindow)
	}
	if p.StakeDays > maxStakeDays {
		return ErrInvalidParams.Wrapf("stake_days %d: must be 0 to %d", p.StakeDays, maxStakeDays)
	}
	if p.MaxDuePerBlock == 0 || p.MaxDuePerBlock > maxDue {
		return ErrInvalidParams.Wrapf("max_due_per_block %d: must be 1 to %d", p.MaxDuePerBlock, maxDue)
	}
	return nil
}
