package machine

import (
	"slices"
	"time"

	"github.com/dbc-network/dbc/x/internal/account"
)

// DefaultGenesis has no machines.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextChallengeId: 1}
}

// Validate checks what can be checked without a store.
func (gs GenesisState) Validate() error {
	if err := gs.Params.Validate(); err != nil {
		return err
	}
	if gs.NextChallengeId == 0 {
		return genesisError("next_challenge_id", 0, "at least 1")
	}
	if err := gs.validateTime(); err != nil {
		return err
	}
	if err := gs.validateMachines(); err != nil {
		return err
	}
	return gs.validateChallenges()
}

// validateTime checks that the halts add up and that nothing is later than the last block.
func (gs GenesisState) validateTime() error {
	var total time.Duration
	for i, span := range gs.Halts {
		if !span.To.After(span.From) || i > 0 && !span.From.After(gs.Halts[i-1].To) {
			return genesisError("halts.from, to", i, "spans with time between them, in their order")
		}
		if total += span.To.Sub(span.From); span.Total != total {
			return genesisError("halts.total", span.Total, "the sum until then, "+total.String())
		}
	}
	if gs.Halt.Total != total {
		return genesisError("halt.total", gs.Halt.Total, "the sum of halts, "+total.String())
	}
	last := gs.Halt.LastBlockTime
	if seen, what := gs.seen(); last != nil && seen.After(*last) {
		return genesisError(what, seen.Format(time.RFC3339Nano), "no later than halt.last_block_time, "+last.Format(time.RFC3339Nano))
	}
	return nil
}

// CheckTime refuses a genesis time before something that the state has already
// seen: money and deadlines would be judged at a time that has passed.
func (gs GenesisState) CheckTime(at time.Time) error {
	if seen, what := gs.seen(); at.Before(seen) {
		return genesisError("genesis_time", at.Format(time.RFC3339Nano),
			"no earlier than "+what+", "+seen.Format(time.RFC3339Nano)+", which the state has seen")
	}
	return nil
}

// seen returns the latest time of something that has happened, and what that was.
func (gs GenesisState) seen() (time.Time, string) {
	var latest time.Time
	var what string
	see := func(field string, at *time.Time) {
		if at != nil && at.After(latest) {
			latest, what = *at, field
		}
	}
	see("halt.last_block_time", gs.Halt.LastBlockTime)
	for i := range gs.Halts {
		see("halts.to", &gs.Halts[i].To)
	}
	for i := range gs.Challenges {
		see("challenges.time", &gs.Challenges[i].Time)
	}
	for i := range gs.Machines {
		see("machines.offline_since", gs.Machines[i].OfflineSince)
		see("machines.retired_at", gs.Machines[i].RetiredAt)
		see("machines.last_rental_end", gs.Machines[i].LastRentalEnd)
	}
	return latest, what
}

// validateMachines checks each machine, and that no two share what must be unique.
func (gs GenesisState) validateMachines() error {
	machines, gpus := make(map[string]bool), make(map[string]bool)
	for _, m := range gs.Machines {
		if machines[m.Id] {
			return genesisError("machines.id", m.Id, "named once")
		}
		machines[m.Id] = true
		if err := m.validate(); err != nil {
			return err
		}
		if m.State == MACHINE_STATE_RETIRED {
			continue
		}
		for _, id := range m.HeldGPUs() {
			if gpus[id] {
				return genesisError("machines.facts.gpu_ids", id, "bonded once")
			}
			gpus[id] = true
		}
	}
	for _, c := range gs.GpuCooldowns {
		if err := validateName("gpu_cooldowns.gpu_id", c.GpuId); err != nil {
			return err
		}
		if gpus[c.GpuId] {
			return genesisError("gpu_cooldowns.gpu_id", c.GpuId, "named once and not bonded")
		}
		gpus[c.GpuId] = true
		if _, err := account.Parse(c.Owner); err != nil {
			return genesisError("gpu_cooldowns.owner", Clip(c.Owner), "an address of this chain")
		}
	}
	return nil
}

// CheckReleased checks that each GPU id that governance took from the machine
// is in its facts, once, and that the machine is not online.
func (m Machine) CheckReleased() error {
	ids := m.Facts.GPUIDs()
	for i, gpu := range m.ReleasedGpus {
		if !slices.Contains(ids, gpu) || slices.Contains(m.ReleasedGpus[:i], gpu) {
			return genesisError("machines.released_gpus", gpu, "one of its facts' gpu_ids, named once")
		}
	}
	if len(m.ReleasedGpus) > 0 && (m.State == MACHINE_STATE_ONLINE || m.State == MACHINE_STATE_RETIRED) {
		return genesisError("machines.released_gpus", m.ReleasedGpus, "empty of a machine that is online or retired")
	}
	return nil
}

// validateChallenges checks the challenges against the machines that have them open. One
// that no machine names is void and waits for its deposit to be returned.
func (gs GenesisState) validateChallenges() error {
	challenges := make(map[uint64]Challenge)
	for _, c := range gs.Challenges {
		if _, twice := challenges[c.Id]; twice || c.Id == 0 || c.Id >= gs.NextChallengeId {
			return genesisError("challenges.id", c.Id, "named once, 1 or more and below next_challenge_id")
		}
		challenges[c.Id] = c
		if _, err := ParseID(c.MachineId); err != nil {
			return err
		}
		if c.Deposit == 0 || c.Deposit > MaxStakeParam {
			return genesisError("challenges.deposit", c.Deposit, "1 to 10^17 udbc")
		}
		if _, err := account.Parse(c.Challenger); err != nil {
			return genesisError("challenges.challenger", Clip(c.Challenger), "an address of this chain")
		}
	}
	for _, m := range gs.Machines {
		if err := m.CheckChallenges(challenges); err != nil {
			return err
		}
	}
	return nil
}

// CheckChallenges checks that the machine's open challenges exist, are its own,
// are ordered by time and deadline, and have a place each.
func (m Machine) CheckChallenges(challenges map[uint64]Challenge) error {
	places := make(map[uint32]bool)
	var last Challenge
	for _, id := range m.OpenChallenges {
		c, there := challenges[id]
		if !there || c.MachineId != m.Id {
			return genesisError("machines.open_challenges", id, "one of the challenges, of this machine")
		}
		if c.Id < last.Id || c.Time.Before(last.Time) || c.Deadline.Before(last.Deadline) {
			return genesisError("machines.open_challenges", m.OpenChallenges, "oldest first, by id, time and deadline")
		}
		if places[c.Place] || c.Place > MaxSlots { // the machine may have fewer slots by now
			return genesisError("challenges.place", c.Place, "0 or a slot's number plus one, of one challenge")
		}
		places[c.Place], last = true, c
	}
	return nil
}

func (m Machine) validate() error {
	if _, err := ParseID(m.Id); err != nil {
		return err
	}
	for _, address := range []string{m.Owner, m.Operator, m.Payout} {
		if _, err := account.Parse(address); err != nil {
			return genesisError("machines.owner, operator, payout", Clip(address), "an address of this chain")
		}
	}
	if err := m.Facts.Validate(); err != nil {
		return err
	}
	if err := ValidateExitNotice(m.ExitNoticeSeconds); err != nil {
		return err
	}
	if err := ValidatePrice(m.PricePerDay); err != nil {
		return err
	}
	if err := m.CheckReleased(); err != nil {
		return err
	}
	if err := m.Facts.CheckOutOfService(m.OutOfService); err != nil {
		return err
	}
	if m.State < MACHINE_STATE_BONDED || m.State > MACHINE_STATE_RETIRED {
		return genesisError("machines.state", m.State.Word(), "bonded, online, offline or retired")
	}
	if (m.State == MACHINE_STATE_OFFLINE) != (m.OfflineSince != nil) {
		return genesisError("machines.offline_since", m.OfflineSince, "set exactly while offline")
	}
	if (m.State == MACHINE_STATE_RETIRED) != (m.RetiredAt != nil) {
		return genesisError("machines.retired_at", m.RetiredAt, "set exactly when retired")
	}
	if len(m.OpenChallenges) > 0 && m.State != MACHINE_STATE_ONLINE {
		return genesisError("machines.open_challenges", m.OpenChallenges, "empty of a machine that is not online")
	}
	return nil
}

func genesisError(field string, value any, limit string) error {
	return ErrInvalidGenesis.Wrapf("%s %v: must be %s", field, value, limit)
}
