package machine

import (
	"cosmossdk.io/errors"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// DefaultGenesis has no machines.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextChallengeId: 1}
}

// Validate checks what can be known without a store.
func (gs GenesisState) Validate() error {
	if err := gs.Params.Validate(); err != nil {
		return err
	}
	if gs.NextChallengeId == 0 {
		return genesisError("next_challenge_id", 0, "at least 1")
	}
	if gs.Halt.Total < 0 {
		return genesisError("halt.total", gs.Halt.Total, "at least 0")
	}
	open, err := gs.validateMachines()
	if err != nil {
		return err
	}
	return gs.validateChallenges(open)
}

// validateMachines returns the machine of each open challenge.
func (gs GenesisState) validateMachines() (map[uint64]string, error) {
	open, machines, gpus := make(map[uint64]string), make(map[string]bool), make(map[string]bool)
	for _, m := range gs.Machines {
		if machines[m.Id] {
			return nil, genesisError("machines.id", m.Id, "named once")
		}
		machines[m.Id] = true
		if err := m.validate(); err != nil {
			return nil, err
		}
		if m.OpenChallenge != 0 {
			if open[m.OpenChallenge] != "" {
				return nil, genesisError("machines.open_challenge", m.OpenChallenge, "of one machine")
			}
			open[m.OpenChallenge] = m.Id
		}
		if m.State == MACHINE_STATE_RETIRED {
			continue
		}
		for _, id := range m.Facts.GPUIDs() {
			if gpus[id] {
				return nil, genesisError("machines.facts.gpu_ids", id, "bonded once")
			}
			gpus[id] = true
		}
	}
	for _, c := range gs.GpuCooldowns {
		if err := validateName("gpu_cooldowns.gpu_id", c.GpuId); err != nil {
			return nil, err
		}
	}
	return open, nil
}

func (gs GenesisState) validateChallenges(open map[uint64]string) error {
	seen := make(map[uint64]bool)
	for _, c := range gs.Challenges {
		if c.Id == 0 || c.Id >= gs.NextChallengeId || seen[c.Id] {
			return genesisError("challenges.id", c.Id, "named once, 1 or more and below next_challenge_id")
		}
		seen[c.Id] = true
		if open[c.Id] != c.MachineId {
			return genesisError("challenges.machine_id", c.MachineId, "that of the machine whose open_challenge it is")
		}
		if _, err := sdk.AccAddressFromBech32(c.Challenger); err != nil {
			return genesisError("challenges.challenger", clip(c.Challenger), "an address of this chain")
		}
	}
	if len(open) != len(seen) {
		return genesisError("challenges", len(seen), "as many as machines with an open_challenge")
	}
	return nil
}

func (m Machine) validate() error {
	if _, err := ParseID(m.Id); err != nil {
		return err
	}
	for _, address := range []string{m.Owner, m.Operator, m.Payout} {
		if _, err := sdk.AccAddressFromBech32(address); err != nil {
			return genesisError("machines.owner, operator, payout", clip(address), "an address of this chain")
		}
	}
	if err := m.Facts.Validate(); err != nil {
		return err
	}
	if err := ValidatePrice(m.PricePerDay); err != nil {
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
	if m.OpenChallenge != 0 && m.State != MACHINE_STATE_ONLINE {
		return genesisError("machines.open_challenge", m.OpenChallenge, "0 of a machine that is not online")
	}
	return nil
}

func genesisError(field string, value any, limit string) error {
	return errors.Wrapf(ErrInvalidGenesis, "%s %v: must be %s", field, value, limit)
}
