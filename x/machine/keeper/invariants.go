package keeper

import (
	"context"
	"fmt"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/dbc-network/dbc/x/machine"
)

// CheckInvariants reads the whole store and returns an error if the state
// contradicts itself. Tests and operators call it; no block does.
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
		return machine.ErrInvariant.Wrapf("module account holds %s udbc: stakes and deposits are %s", balance, held)
	}
	return nil
}

// checkIndexes builds what each index must contain and compares.
func (k *Keeper) checkIndexes(ctx context.Context) error {
	termSet, offerSet, gpus := make(map[string]bool), make(map[string]bool), make(map[string]string)
	if err := k.Bonds.Walk(ctx, nil, func(id string, m machine.Machine) (bool, error) {
		for _, term := range termsOf(m) {
			termSet[term+"/"+id] = true
		}
		rented, err := k.reserved(ctx, id)
		if at := placeOf(m, rented); at != (place{}) {
			offerSet[offerName(collections.Join3(at.gpuType, at.free, id))] = true
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
			return true, machine.ErrInvariant.Wrapf("gpu %q is held by %s: facts say %q", gpu, id, gpus[gpu])
		}
		return false, nil
	}); err != nil {
		return err
	}
	if n != len(gpus) {
		return machine.ErrInvariant.Wrapf("%d gpu ids are held: facts name %d", n, len(gpus))
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
			return true, machine.ErrInvariant.Wrapf("gpu %q is held by %s and cools down", gpu, holder)
		}
		queued[cooldownName(collections.Join(c.Until, gpu))] = true
		return false, nil
	}); err != nil {
		return err
	}
	return same(ctx, "cooldown_queue", queued, k.CooldownQueue, cooldownName)
}

func (k *Keeper) checkSlots(ctx context.Context) error {
	return k.Slots.Walk(ctx, nil, func(id string, rented []uint64) (bool, error) {
		m, err := k.load(ctx, id)
		if err != nil {
			return true, err
		}
		if uint32(len(rented)) != m.Whole() || slots(rented).rented() == 0 || m.State == machine.MACHINE_STATE_RETIRED {
			return true, machine.ErrInvariant.Wrapf("rentals %v hold slots of %s machine %s, which has %d", rented, m.State.Word(), m.Id, m.Whole())
		}
		return false, nil
	})
}

func (k *Keeper) checkChallenges(ctx context.Context) error {
	queued := make(map[string]bool)
	challenges, entries := make(map[uint64]machine.Challenge), make(map[string]bool)
	if err := k.Challenges.Walk(ctx, nil, func(id uint64, c machine.Challenge) (bool, error) {
		challenges[id] = c
		all, err := askedBy(c)
		if err != nil {
			return true, err
		}
		for _, entry := range all {
			entries[askedName(entry)] = true
		}
		failed, err := k.failed.Has(ctx, id)
		if !failed {
			queued[queuedName(collections.Join(c.Deadline, id))] = true
		}
		return err != nil, err
	}); err != nil {
		return err
	}
	if err := same(ctx, "challenge_queue", queued, k.ChallengeQueue, queuedName); err != nil {
		return err
	}
	if err := k.failed.Check(ctx, func(id uint64) bool { _, found := challenges[id]; return found }); err != nil {
		return machine.ErrInvariant.Wrap(err.Error())
	}
	if err := same(ctx, "asked", entries, k.Asked, askedName); err != nil {
		return err
	}
	return k.Bonds.Walk(ctx, nil, func(id string, m machine.Machine) (bool, error) {
		if len(m.OpenChallenges) > 0 && m.State != machine.MACHINE_STATE_ONLINE {
			return true, machine.ErrInvariant.Wrapf("machine %s is %s with open challenges %v", id, m.State.Word(), m.OpenChallenges)
		}
		if err := m.CheckReleased(); err != nil {
			return true, machine.ErrInvariant.Wrapf("machine %s: %s", id, err)
		}
		if err := m.CheckChallenges(challenges); err != nil {
			return true, machine.ErrInvariant.Wrapf("machine %s: %s", id, err)
		}
		return false, nil
	})
}

func same[K any](ctx context.Context, index string, want map[string]bool, have collections.KeySet[K], name func(K) string) error {
	n := 0
	if err := have.Walk(ctx, nil, func(key K) (bool, error) {
		n++
		if !want[name(key)] {
			return true, machine.ErrInvariant.Wrapf("index %s holds %s: machines say no", index, name(key))
		}
		return false, nil
	}); err != nil {
		return err
	}
	if n != len(want) {
		return machine.ErrInvariant.Wrapf("index %s holds %d entries: machines say %d", index, n, len(want))
	}
	return nil
}

func offerName(key offer) string {
	return fmt.Sprintf("%s/%d/%s", key.K1(), key.K2(), key.K3())
}

func queuedName(key collections.Pair[time.Time, uint64]) string {
	return fmt.Sprintf("%d/%d", key.K1().UnixNano(), key.K2())
}

func cooldownName(key collections.Pair[time.Time, string]) string {
	return fmt.Sprintf("%d/%s", key.K1().UnixNano(), key.K2())
}

func askedName(key asked) string { return fmt.Sprintf("%s/%x/%d", key.K1(), key.K2(), key.K3()) }
