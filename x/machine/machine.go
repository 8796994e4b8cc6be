package machine

import (
	"slices"
	"strings"
	"time"
)

const statePrefix = "MACHINE_STATE_"

// Word is the state as people write it: "online".
func (s MachineState) Word() string {
	return word(s.String(), statePrefix)
}

// ParseState reads a state's word or its name in the protos, in any case;
// false of anything else.
func ParseState(text string) (MachineState, bool) {
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, statePrefix) {
		name = statePrefix + name
	}
	state, ok := MachineState_value[name]
	return MachineState(state), ok
}

// Whole is how many slots the machine has.
func (m Machine) Whole() uint32 { return uint32(len(m.Facts.Slots)) }

// StakeShort returns how much the stake lacks, in udbc. While it lacks any, a
// tenth of each payment to the host goes into it.
func (m Machine) StakeShort() uint64 {
	if m.Stake >= m.StakeRequired {
		return 0
	}
	return m.StakeRequired - m.Stake
}

// BelowStake reports whether the stake is under nine tenths of what is
// required, so that the machine takes no new rental. The tenth of leeway keeps
// a few refunded trials from taking a machine off the market.
func (m Machine) BelowStake() bool { return m.Stake < m.StakeRequired-m.StakeRequired/10 }

// StakeTithe returns the part of a payment to the host that goes into a short
// stake: a tenth, rounded up, and no more than the stake lacks.
func (m Machine) StakeTithe(payment uint64) uint64 {
	if m.State == MACHINE_STATE_RETIRED {
		return 0 // takes no rental any more, and its stake may be gone
	}
	tenth := payment / 10
	if payment%10 != 0 {
		tenth++
	}
	return min(tenth, m.StakeShort())
}

// HeldGPUs are the GPU ids of the machine that governance did not take from it.
func (m Machine) HeldGPUs() []string {
	return slices.DeleteFunc(m.Facts.GPUIDs(), func(gpu string) bool { return slices.Contains(m.ReleasedGpus, gpu) })
}

// Effective is a stored challenge as queries and events show it, with the
// deadline moved by the time for which the chain stood still since.
func (c Challenge) Effective(halted time.Duration) Challenge {
	c.Deadline = c.Deadline.Add(halted)
	return c
}

// Due is true of a challenge from the store whose deadline has come: an answer at it is late.
func (c Challenge) Due(now time.Time, halted time.Duration) bool {
	return !now.Before(c.Deadline.Add(halted))
}

// UnbondedAt is when the stake of a retired machine is free.
func (m Machine) UnbondedAt(unbonding time.Duration) time.Time {
	var from time.Time
	if m.RetiredAt != nil {
		from = *m.RetiredAt
	}
	if m.LastRentalEnd != nil && m.LastRentalEnd.After(from) {
		from = *m.LastRentalEnd
	}
	return from.Add(unbonding)
}
