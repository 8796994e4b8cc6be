package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	"github.com/dbc-network/dbc/x/machine"
)

// CheckInvariants reads the whole store and refuses a state that contradicts
// itself. Tests and operators call it; no block does.
func (k *Keeper) CheckInvariants(ctx context.Context) error {
	if err := k.CheckBalance(ctx); err != nil {
		return err
	}
	if err := k.checkIndexes(ctx); err != nil {
		return err
	}
	return k.checkChallenges(ctx)
}

// CheckBalance compares the module account with the stakes and deposits that it holds.
func (k *Keeper) CheckBalance(ctx context.Context) error {
	held := math.ZeroInt()
	if err := k.Bonds.Walk(ctx, nil, func(_ string, m machine.Machine) (bool, error) {
		held = held.Add(math.NewIntFromUint64(m.Stake))
		return false, nil
	}); err != nil {
		return err
	}
	if err := k.Challenges.Walk(ctx, nil, func(_ uint64, c machine.Challenge) (bool, error) {
		held = held.Add(math.NewIntFromUint64(c.Deposit))
		return false, nil
	}); err != nil {
		return err
	}
	balance := k.bank.GetBalance(ctx, k.accounts.GetModuleAddress(machine.ModuleName), machine.Denom).Amount
	if !balance.Equal(held) {
		return errorsmod.Wrapf(machine.ErrInvariant, "module account holds %s udbc: stakes and deposits are %s", balance, held)
	}
	return nil
}

// checkIndexes builds what each index must hold and compares.
func (k *Keeper) checkIndexes(ctx context.Context) error {
	termSet, offerSet, gpus := make(map[string]bool), make(map[string]bool), make(map[string]string)
	if err := k.Bonds.Walk(ctx, nil, func(id string, m machine.Machine) (bool, error) {
		for _, term := range termsOf(m) {
			termSet[term+"/"+id] = true
		}
		rented, err := k.reserved(ctx, id)
		for _, key := range offersOf(m, rented) {
			offerSet[offerName(key)] = true
		}
		if m.State != machine.MACHINE_STATE_RETIRED {
			for _, gpu := range m.HeldGPUs() {
				gpus[gpu] = id
			}
		}
		return false, err
	}); err != nil {
		return err
	}
	if err := same(ctx, "terms", termSet, k.Bonds.Indexes.set, func(key collections.Pair[string, string]) string { return key.K1() + "/" + key.K2() }); err != nil {
		return err
	}
	if err := same(ctx, "offers", offerSet, k.Offers, offerName); err != nil {
		return err
	}
	n := 0
	if err := k.GPUs.Walk(ctx, nil, func(gpu, id string) (bool, error) {
		n++
		if gpus[gpu] != id {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "gpu %q is held by %s: facts say %q", gpu, id, gpus[gpu])
		}
		return false, nil
	}); err != nil {
		return err
	}
	if n != len(gpus) {
		return errorsmod.Wrapf(machine.ErrInvariant, "%d gpu ids are held: facts name %d", n, len(gpus))
	}
	if err := k.checkCooldowns(ctx, gpus); err != nil {
		return err
	}
	return k.checkSlots(ctx)
}

func (k *Keeper) checkCooldowns(ctx context.Context, gpus map[string]string) error {
	queued := make(map[string]bool)
	if err := k.Cooldowns.Walk(ctx, nil, func(gpu string, c machine.GpuCooldown) (bool, error) {
		if holder := gpus[gpu]; holder != "" {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "gpu %q is held by %s and cools down", gpu, holder)
		}
		queued[c.Until.UTC().Format(time.RFC3339Nano)+"/"+gpu] = true
		return false, nil
	}); err != nil {
		return err
	}
	return same(ctx, "cooldown_queue", queued, k.CooldownQueue, func(key collections.Pair[time.Time, string]) string {
		return key.K1().UTC().Format(time.RFC3339Nano) + "/" + key.K2()
	})
}

func (k *Keeper) checkSlots(ctx context.Context) error {
	return k.Slots.Walk(ctx, nil, func(id string, rented []uint64) (bool, error) {
		m, err := k.load(ctx, id)
		if err != nil {
			return true, err
		}
		if uint32(len(rented)) != m.Whole() || slots(rented).rented() == 0 || m.State == machine.MACHINE_STATE_RETIRED {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "rentals %v hold slots of %s machine %s, which has %d", rented, m.State.Word(), m.Id, m.Whole())
		}
		return false, nil
	})
}

func (k *Keeper) checkChallenges(ctx context.Context) error {
	queued := make(map[uint64]bool)
	if err := k.ChallengeQueue.Walk(ctx, nil, func(key collections.Pair[time.Time, uint64]) (bool, error) {
		queued[key.K2()] = true
		return false, nil
	}); err != nil {
		return err
	}
	challenges := make(map[uint64]machine.Challenge)
	if err := k.Challenges.Walk(ctx, nil, func(id uint64, c machine.Challenge) (bool, error) {
		challenges[id] = c
		if !queued[id] {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "challenge %d of machine %s is not queued", id, c.MachineId)
		}
		return false, nil
	}); err != nil {
		return err
	}
	return k.Bonds.Walk(ctx, nil, func(id string, m machine.Machine) (bool, error) {
		if len(m.OpenChallenges) > 0 && m.State != machine.MACHINE_STATE_ONLINE {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "machine %s is %s with open challenges %v", id, m.State.Word(), m.OpenChallenges)
		}
		if err := m.CheckReleased(); err != nil {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "machine %s: %s", id, err)
		}
		if err := m.CheckChallenges(challenges); err != nil {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "machine %s: %s", id, err)
		}
		return false, nil
	})
}

func same[K any](ctx context.Context, index string, want map[string]bool, have collections.KeySet[K], name func(K) string) error {
	n := 0
	if err := have.Walk(ctx, nil, func(key K) (bool, error) {
		n++
		if !want[name(key)] {
			return true, errorsmod.Wrapf(machine.ErrInvariant, "index %s holds %s: machines say no", index, name(key))
		}
		return false, nil
	}); err != nil {
		return err
	}
	if n != len(want) {
		return errorsmod.Wrapf(machine.ErrInvariant, "index %s holds %d entries: machines say %d", index, n, len(want))
	}
	return nil
}

func offerName(key offer) string {
	return key.K1() + "/" + math.NewInt(int64(key.K2())).String() + "/" + key.K3()
}
