package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/x/machine"
)

// InitGenesis fills the store and rebuilds indexes and the queue. x/rental,
// whose genesis holds the rentals, restores slots.
func (k *Keeper) InitGenesis(ctx context.Context, gs machine.GenesisState) error {
	if err := gs.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, gs.Params); err != nil {
		return err
	}
	if err := k.importTime(ctx, gs); err != nil {
		return err
	}
	if err := k.NextChallenge.Set(ctx, gs.NextChallengeId); err != nil {
		return err
	}
	for _, m := range gs.Machines {
		if err := k.importMachine(ctx, m); err != nil {
			return err
		}
	}
	for _, c := range gs.Challenges {
		challenger, err := k.account("challenges.challenger", c.Challenger)
		if err != nil {
			return err
		}
		c.Challenger = challenger.String()
		if err := k.storeChallenge(ctx, c); err != nil {
			return err
		}
	}
	for _, c := range gs.GpuCooldowns {
		owner, err := k.account("gpu_cooldowns.owner", c.Owner)
		if err != nil {
			return err
		}
		c.Owner = owner.String()
		if err := k.coolDown(ctx, c); err != nil {
			return err
		}
	}
	return k.CheckBalance(ctx)
}

// importTime restores the halts and the time of the last block.
func (k *Keeper) importTime(ctx context.Context, gs machine.GenesisState) error {
	if err := gs.CheckTime(blockTime(ctx)); err != nil {
		return err
	}
	if err := k.Halt.Set(ctx, gs.Halt); err != nil {
		return err
	}
	for _, span := range gs.Halts {
		if err := k.Halts.Set(ctx, span.From, span); err != nil {
			return err
		}
	}
	return k.Beginning.Set(ctx, machine.Beginning{Resumed: gs.Halt.LastBlockTime != nil})
}

func (k *Keeper) importMachine(ctx context.Context, m machine.Machine) error {
	for _, address := range []*string{&m.Owner, &m.Operator, &m.Payout} {
		party, err := k.account("machines.owner, operator, payout", *address)
		if err != nil {
			return err
		}
		*address = party.String()
	}
	if err := m.Facts.AllowedOn(chainID(ctx)); err != nil {
		return err
	}
	if err := k.Bonds.Set(ctx, m.Id, m); err != nil {
		return err
	}
	if err := k.moveOffer(ctx, machine.Machine{}, m); err != nil || m.State == machine.MACHINE_STATE_RETIRED {
		return err
	}
	for _, gpu := range m.HeldGPUs() {
		if err := k.GPUs.Set(ctx, gpu, m.Id); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis returns machines, challenges and cooldowns as stored, with the
// sum of halted time that is missing in their times.
func (k *Keeper) ExportGenesis(ctx context.Context) (*machine.GenesisState, error) {
	gs := &machine.GenesisState{}
	var err error
	if gs.Params, err = k.Params.Get(ctx); err != nil {
		return nil, err
	}
	if gs.Halt, err = k.Halt.Get(ctx); err != nil {
		return nil, err
	}
	if err = k.Halts.Walk(ctx, nil, func(_ time.Time, span machine.HaltSpan) (bool, error) {
		gs.Halts = append(gs.Halts, span)
		return false, nil
	}); err != nil {
		return nil, err
	}
	if gs.NextChallengeId, err = k.NextChallenge.Peek(ctx); err != nil {
		return nil, err
	}
	if err = k.Bonds.Walk(ctx, nil, func(_ string, m machine.Machine) (bool, error) {
		gs.Machines = append(gs.Machines, m)
		return false, nil
	}); err != nil {
		return nil, err
	}
	if err = k.Challenges.Walk(ctx, nil, func(_ uint64, c machine.Challenge) (bool, error) {
		gs.Challenges = append(gs.Challenges, c)
		return false, nil
	}); err != nil {
		return nil, err
	}
	now := blockTime(ctx)
	return gs, k.Cooldowns.Walk(ctx, nil, func(_ string, c machine.GpuCooldown) (bool, error) {
		if now.Before(c.Until) {
			gs.GpuCooldowns = append(gs.GpuCooldowns, c)
		}
		return false, nil
	})
}
