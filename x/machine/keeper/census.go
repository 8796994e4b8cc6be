package keeper

import (
	"context"
	"time"

	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/machine"
)

// Census is what the store holds, counted.
type Census struct {
	Machines map[machine.MachineState]int
	// Slots are those of machines that are not retired, Rented those of them that
	// rentals hold, OutOfService those that their operators took out.
	Slots, Rented, OutOfService int
	// Stake and Deposits are in udbc.
	Stake, Deposits uint64
	// Challenges are open or void and not closed yet; DueChallenges have passed their
	// deadline, FailedChallenges could not be closed and are tried again.
	Challenges, DueChallenges, FailedChallenges int
	// Halts are the spans without blocks that were counted, Halted their sum.
	Halts  int
	Halted time.Duration
}

// Census counts. It reads the whole store: observers call it with a query's
// context, no block and no message does.
func (k *Keeper) Census(ctx context.Context) (Census, error) {
	c := Census{Machines: make(map[machine.MachineState]int)}
	for _, count := range []func(context.Context, *Census) error{k.countMachines, k.countSlots, k.countChallenges, k.countHalts} {
		if err := count(ctx, &c); err != nil {
			return Census{}, err
		}
	}
	return c, nil
}

func (k *Keeper) countMachines(ctx context.Context, c *Census) error {
	return k.Bonds.Walk(ctx, nil, func(_ string, m machine.Machine) (bool, error) {
		c.Machines[m.State]++
		c.Stake += m.Stake
		if m.State != machine.MACHINE_STATE_RETIRED {
			c.Slots += int(m.Whole())
			c.OutOfService += len(m.OutOfService)
		}
		return false, nil
	})
}

func (k *Keeper) countSlots(ctx context.Context, c *Census) error {
	return k.Slots.Walk(ctx, nil, func(_ string, of []uint64) (bool, error) {
		c.Rented += slots(of).rented()
		return false, nil
	})
}

func (k *Keeper) countChallenges(ctx context.Context, c *Census) error {
	if err := k.Challenges.Walk(ctx, nil, func(_ uint64, challenge machine.Challenge) (bool, error) {
		c.Challenges++
		c.Deposits += challenge.Deposit
		return false, nil
	}); err != nil {
		return err
	}
	halted, err := k.Halted(ctx)
	if err != nil {
		return err
	}
	if c.DueChallenges, err = due.Count(ctx, k.ChallengeQueue, blockTime(ctx), halted); err != nil {
		return err
	}
	c.FailedChallenges, _, err = k.failed.Count(ctx)
	return err
}

func (k *Keeper) countHalts(ctx context.Context, c *Census) (err error) {
	if c.Halted, err = k.Halted(ctx); err != nil {
		return err
	}
	return k.Halts.Walk(ctx, nil, func(time.Time, machine.HaltSpan) (bool, error) {
		c.Halts++
		return false, nil
	})
}
