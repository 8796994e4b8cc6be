package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dbc-network/dbc/rental"
)

const statePrefix = "MACHINE_STATE_"

// Word returns the state as people write it: "online".
func (s MachineState) Word() string {
	return word(s.String(), statePrefix)
}

// ParseState parses a state's word or its name in the protos, in any case; it
// returns false for anything else.
func ParseState(text string) (MachineState, bool) {
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, statePrefix) {
		name = statePrefix + name
	}
	state, ok := MachineState_value[name]
	return MachineState(state), ok
}

// Whole returns how many slots the machine has.
func (m Machine) Whole() uint32 { return uint32(len(m.Facts.Slots)) }

// InService returns how many of them take rentals: renting the whole machine rents these.
func (m Machine) InService() uint32 { return m.Whole() - uint32(len(m.OutOfService)) }

// Serves reports whether a slot takes rentals.
func (m Machine) Serves(slot uint32) bool { return !slices.Contains(m.OutOfService, slot) }

// CheckOutOfService checks a list of slots that take no rental.
func (f Facts) CheckOutOfService(slots []uint32) error { return f.checkSlots("out_of_service", slots) }

func (f Facts) checkSlots(field string, slots []uint32) error {
	for i, slot := range slots {
		if int(slot) >= len(f.Slots) || i > 0 && slot <= slots[i-1] {
			return factError(field, slot, fmt.Sprintf("ascending slots of the machine, 0 to %d, each once", len(f.Slots)-1))
		}
	}
	return nil
}

// ChangeService returns the slots out of service, ascending, after some were
// taken out and others put back in.
func (m Machine) ChangeService(out, in []uint32) ([]uint32, error) {
	if err := m.Facts.CheckOutOfService(out); err != nil {
		return nil, err
	}
	if err := m.Facts.checkSlots("in_service", in); err != nil {
		return nil, err
	}
	for _, slot := range in {
		if slices.Contains(out, slot) {
			return nil, factError("in_service", slot, "a slot that out_of_service does not name too")
		}
	}
	if len(out)+len(in) == 0 {
		return nil, factError("out_of_service", out, "at least one slot, here or in in_service")
	}
	after := slices.DeleteFunc(slices.Concat(m.OutOfService, out), func(slot uint32) bool { return slices.Contains(in, slot) })
	slices.Sort(after)
	return slices.Compact(after), nil
}

// StakeShort returns how much the stake lacks, in udbc. While it lacks any, a
// tenth of each payment to the host goes into it.
func (m Machine) StakeShort() uint64 {
	if m.Stake >= m.StakeRequired {
		return 0
	}
	return m.StakeRequired - m.Stake
}

// BelowStake reports whether the stake is under nine tenths of what is
// required, so that the machine takes no new rental. The remaining tenth keeps
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

// HeldGPUs returns the GPU ids of the machine that governance did not take from it.
func (m Machine) HeldGPUs() []string {
	return slices.DeleteFunc(m.Facts.GPUIDs(), func(gpu string) bool { return slices.Contains(m.ReleasedGpus, gpu) })
}

// Effective returns a stored challenge as queries and events show it, with the
// deadline moved by the time for which the chain has been halted since.
func (c Challenge) Effective(halted time.Duration) Challenge {
	c.Deadline = rental.EffectiveDeadline(c.Deadline, halted)
	return c
}

// Due reports whether the deadline of a stored challenge has passed: an answer at the
// deadline is late.
func (c Challenge) Due(now time.Time, halted time.Duration) bool {
	return !now.Before(c.Effective(halted).Deadline)
}

// UnbondedAt returns when the stake of a retired machine is free.
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
