package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// park lets rentals that are due now fail until they are parked, and returns the time.
func (c *chain) park(ids ...uint64) time.Duration {
	c.Helper()
	now := c.ctx.BlockTime().Sub(genesisTime)
	for _, id := range ids {
		c.flaky.fail[id] = true
	}
	for delay, attempt := time.Minute, 1; attempt <= 10; attempt++ {
		c.at(now)
		c.end()
		now, delay = now+delay, 2*delay
	}
	for _, id := range ids {
		require.Equal(c, "parked", c.waiting(id))
		c.flaky.fail[id] = false
	}
	clear(c.flaky.released)
	return now
}

// released are the rentals whose slots a message released, also one that is refused.
func (c *chain) releasedBy(send func() error) ([]uint64, error) {
	c.Helper()
	clear(c.flaky.released)
	err := send()
	var ids []uint64
	for id := range uint64(20) {
		if c.flaky.released[id] > 0 {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// A rent settles what is over before what is parked, even if a parked rental frees more.
func TestParkedRentalsMakeRoomLast(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 4), c.renters[0], c.renters[1]
	c.mustActive(alice, id, hour, 2)
	c.at(time.Hour)
	now := c.park(1)
	c.at(now)
	c.mustActive(alice, id, hour, 1)
	c.mustActive(alice, id, hour, 1)
	c.at(now + time.Hour)
	rent := func(slots uint32) func() error {
		return func() error { _, err := c.rent(bob, id, hour, slots); return err }
	}
	before := c.ctx
	for slots, want := range map[uint32][]uint64{1: {2}, 2: {2, 3}, 3: {1, 2, 3}, 4: {1, 2, 3}} {
		c.ctx, _ = before.CacheContext()
		ids, err := c.releasedBy(rent(slots))
		require.NoError(t, err)
		require.Equal(t, want, ids, "%d slots", slots)
		c.sound()
	}
	c.ctx = before
}

// Among parked ones the longest parked is tried first; one that fails again is counted,
// and stands behind the others.
func TestTheLongestParkedMakesRoomFirst(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice, bob := c.bond(1, 2), c.renters[0], c.renters[1]
	c.mustActive(alice, id, 2*hour, 1) // 1 is parked after 2
	c.mustActive(alice, id, hour, 1)
	c.flaky.fail[1] = true
	c.at(time.Hour)
	c.park(2)
	for now := c.ctx.BlockTime().Sub(genesisTime); c.waiting(1) != "parked"; now += time.Hour {
		c.at(now)
		c.end()
	}
	c.flaky.fail[1] = false
	rent := func() error { _, err := c.rent(bob, id, hour, 1); return err }
	before := c.ctx
	c.ctx, _ = before.CacheContext()
	ids, err := c.releasedBy(rent)
	require.NoError(t, err)
	require.Equal(t, []uint64{2}, ids)
	c.sound()

	c.ctx, _ = before.CacheContext()
	c.ctx = c.ctx.WithEventManager(sdk.NewEventManager())
	c.flaky.fail[2] = true
	ids, err = c.releasedBy(func() error { return c.keeper.SettleDue(c.ctx, id) })
	require.NoError(t, err)
	require.Equal(t, []uint64{1, 2}, ids)
	require.Equal(t, []xrental.EventDueFailed{{RentId: 2, Attempts: 11, Parked: true, Error: "injected failure of rental 2"}}, c.failures())
	require.Equal(t, []bool{true, false}, c.over(1, 2))
	c.sound()
}

// Nothing is settled for a message that needs the whole machine while one rental lasts.
func TestSettleDueNeedsAllToBeOver(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 2), c.renters[0]
	c.mustActive(alice, id, hour, 1)
	c.mustActive(alice, id, 2*hour, 1)
	for at, want := range map[time.Duration][]uint64{2*time.Hour - 1: nil, 2 * time.Hour: {1, 2}} {
		c.at(at)
		before := c.ctx
		c.ctx, _ = before.CacheContext()
		ids, err := c.releasedBy(func() error { return c.keeper.SettleDue(c.ctx, id) })
		require.NoError(t, err)
		require.Equal(t, want, ids)
		c.ctx = before
	}
}

// A refusal says whether to wait for what is over, and only for what would make room.
func TestRoomIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		out    []uint32
		fail   bool
		says   string
		values map[string]string
	}{
		"one fails":              {nil, true, "1 rentals are over and not settled yet: try again in the next block", map[string]string{"slots": "2", "free": "1"}},
		"its slot is of no help": {[]uint32{0}, false, "2 slots asked for, 1 of 3 are free; ask for fewer", map[string]string{"slots": "2", "free": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id, alice := c.bond(1, 3), c.renters[0]
			c.mustActive(alice, id, hour, 1)
			c.mustActive(alice, id, 10*hour, 1)
			if test.out != nil {
				c.setSlots(id, test.out...)
			}
			c.flaky.fail[1] = test.fail
			c.at(time.Hour)
			_, err := c.rent(c.renters[1], id, hour, 2)
			require.ErrorIs(t, err, machine.ErrNoSlots)
			require.ErrorContains(t, err, test.says)
			_, values := detail.Read(err.Error())
			test.values["machine_id"] = id
			require.Equal(t, test.values, values)
		})
	}
}

// While enough is free, a rent reads nothing of what others rent of the machine.
func TestARentReadsNoOthers(t *testing.T) {
	t.Parallel()
	reads := func(others int) uint64 {
		c := newChain(t)
		id := c.bond(1, 12)
		for range others {
			c.mustActive(c.renters[0], id, hour, 1)
		}
		c.mustActive(c.renters[1], id, 10*hour, 1)
		c.at(time.Hour)
		c.ctx = c.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter()).
			WithKVGasConfig(storetypes.GasConfig{ReadCostFlat: 1, HasCost: 1, IterNextCostFlat: 1})
		_, err := c.rent(c.renters[2], id, hour, uint32(11-others)) // all that is free
		require.NoError(t, err)
		return c.ctx.GasMeter().GasConsumed()
	}
	require.Equal(t, reads(1), reads(10))
}

// A block starts to settle nothing once that took 50 M gas.
func TestSettlingIsBoundedByGas(t *testing.T) {
	t.Parallel()
	for gas, want := range map[uint64][]bool{49_500_000: {true, true}, 50_000_000: {true, false}} {
		c := newChain(t)
		id := c.bond(1, 2)
		c.mustActive(c.renters[0], id, hour, 1)
		c.mustActive(c.renters[1], id, hour, 1)
		c.flaky.gas[1] = gas
		c.at(time.Hour)
		c.ctx = c.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		c.end()
		require.Equal(t, want, c.over(1, 2))
	}
}

// The refusal of a second trial says until when, or that it is not known yet.
func TestCooldownSaysUntilWhen(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	refused := func(says string, want map[string]string) {
		t.Helper()
		_, err := c.rent(alice, id, hour, 1)
		require.ErrorIs(t, err, xrental.ErrCooldown)
		require.ErrorContains(t, err, says)
		_, values := detail.Read(err.Error())
		require.Equal(t, want, values)
	}
	c.mustRent(alice, id, hour, 1)
	c.at(25 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(30 * time.Minute)
	c.end()
	refused("machine_id is "+id+"; a trial of it by "+alice.String()+" was over while a challenge", map[string]string{"machine_id": id})
	c.at(31 * time.Minute)
	require.NoError(t, c.answer(id))
	c.end()
	until := genesisTime.Add(31*time.Minute + c.cooldown())
	refused("a trial of it by "+alice.String()+" was refunded, the next may begin at "+until.Format(time.RFC3339), map[string]string{"machine_id": id, "retry_at": until.Format(time.RFC3339)})
}

// A refund that fails when a machine goes offline leaves no entry in a queue.
func TestAFailedRefundLeavesTheQueues(t *testing.T) {
	t.Parallel()
	for _, halt := range []time.Duration{0, time.Hour} {
		c := newChain(t)
		id := c.bond(1, 1)
		c.mustRent(c.renters[0], id, 10*hour, 1)
		c.at(0) // a halt counts from a block on
		c.halt(halt)
		c.flaky.fail[1] = true
		require.NoError(t, c.setOffline(id))
		require.Len(t, c.failures(), 1)
		c.sound()
	}
}

// What a block settles by a verdict is due since that, among what else is due.
func TestJudgedRentalsKeepTheirPlace(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, other, alice := c.bond(1, 1), c.bond(2, 2), c.renters[0]
	c.mustActive(alice, other, hour, 1) // 1 ends at 60 min
	c.mustActive(alice, id, 10*hour, 1) // 2 is decided at 65 min
	c.at(10 * time.Minute)
	c.mustActive(alice, other, hour, 1) // 3 ends at 70 min
	c.at(58 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(59 * time.Minute)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 2))
	c.params(func(p *xrental.Params) { p.MaxDuePerBlock = 1 })
	c.at(65 * time.Minute)
	require.NoError(t, c.answer(id))
	c.at(80 * time.Minute)
	for _, want := range []uint64{1, 2, 3} {
		c.ctx = c.ctx.WithEventManager(sdk.NewEventManager())
		c.end()
		require.Equal(t, []uint64{want}, c.settledOrder())
	}
}

// A verdict is forgotten once all that it decides is settled, whatever an older one
// still waits for, even at the very moment up to which that decides.
func TestVerdictsAreForgottenOneByOne(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.withoutPenalties()
	id, alice := c.bond(1, 4), c.renters[0]
	verdicts := func() (untils []time.Duration) {
		gs, err := c.keeper.ExportGenesis(c.ctx)
		require.NoError(t, err)
		for _, v := range gs.Verdicts {
			untils = append(untils, v.Until.Sub(genesisTime))
		}
		return untils
	}
	for range 3 {
		c.mustActive(alice, id, 10*hour, 1)
	}
	c.at(time.Hour)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(61 * time.Minute)
	for rented := range uint64(2) {
		require.NoError(t, c.breakRental(c.keeper.Authority(), rented+1))
	}
	require.NoError(t, c.answer(id), "in the block in which they are over")
	c.flaky.poor[id] = true
	c.end()
	require.Equal(t, []time.Duration{61 * time.Minute}, verdicts())
	c.flaky.poor[id] = false
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(61*time.Minute + 20*time.Second)
	require.NoError(t, c.breakRental(c.keeper.Authority(), 3))
	c.at(61*time.Minute + 30*time.Second)
	require.NoError(t, c.answer(id))
	require.Equal(t, []time.Duration{61 * time.Minute, 61*time.Minute + 30*time.Second}, verdicts())
	c.end()
	require.Equal(t, []time.Duration{61 * time.Minute}, verdicts(), "its own are tried again later")
	require.Equal(t, 2, c.unsettled())
	c.sound()
	claimed, err := c.claim(1)
	require.NoError(t, err, "one of the two")
	require.EqualValues(t, 61*dbc/60, claimed)
	require.Equal(t, []time.Duration{61 * time.Minute}, verdicts())
	c.at(62 * time.Minute)
	c.end()
	require.Empty(t, verdicts())
	require.Zero(t, c.module(xrental.ModuleName))
	c.sound()
}

// Going offline refunds a trial that a halt keeps from being over.
func TestOfflineBeforeAMovedDeadline(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Duration]xrental.Reason{
		90*time.Minute - 1: xrental.REASON_MACHINE_OFFLINE, 90 * time.Minute: xrental.REASON_NOT_CONFIRMED,
	} {
		c := newChain(t)
		id := c.bond(1, 1)
		c.mustRent(c.renters[0], id, 10*hour, 1)
		c.at(0) // a halt counts from a block on
		c.halt(time.Hour)
		c.at(at)
		require.NoError(t, c.setOffline(id))
		require.Equal(t, want, c.get(1).Transitions[1].Reason)
		c.sound()
	}
}

// An outage is added to each open rental of the machine.
func TestAnOutageIsAddedToEachRental(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 3)
	for i := range 3 {
		c.mustActive(c.renters[i], id, 10*hour, 1)
	}
	c.at(time.Hour)
	require.NoError(t, c.setOffline(id))
	c.at(time.Hour + 7*time.Minute)
	require.NoError(t, c.setOnline(id))
	for i := range uint64(3) {
		require.EqualValues(t, 7*time.Minute, c.get(i+1).OutageNs)
	}
}

// A machine that goes offline at the very moment at which a trial was over does so
// too late to be the reason.
func TestOfflineWhenATrialWasOver(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustRent(alice, id, 2*hour, 1)
	c.at(25 * time.Minute)
	require.NoError(t, c.challenge(c.renters[1], id))
	c.at(30 * time.Minute)
	c.mustRent(c.renters[1], id, hour, 1) // settles the first
	require.Equal(t, xrental.REASON_CHALLENGE_OPEN, c.get(1).Transitions[1].Reason)
	require.NoError(t, c.machines.GPUs.Set(c.ctx, "gpu", id))
	_, err := deliver(c, c.machine.ReleaseGPU, &machine.MsgReleaseGPU{Authority: c.machines.Authority(), GpuId: "gpu"})
	require.NoError(t, err)
	c.end()
	require.Equal(t, xrental.REASON_NOT_CONFIRMED, c.get(1).Transitions[2].Reason)
	require.Equal(t, xrental.REASON_MACHINE_OFFLINE, c.get(2).Transitions[1].Reason)
}

// A rental that ended keeps the deadline of its trial as its renter saw it last.
func TestDeadlineOfWhatEnded(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id, alice := c.bond(1, 1), c.renters[0]
	c.mustActive(alice, id, 2*hour, 1)
	c.at(time.Hour)
	c.halt(30 * time.Minute)
	seen := c.get(1).Deadline
	c.at(2 * time.Hour)
	c.end()
	require.Equal(t, seen, c.get(1).Deadline)
	c.halt(time.Hour)
	require.Equal(t, seen, c.get(1).Deadline, "no later halt moves it")
}
