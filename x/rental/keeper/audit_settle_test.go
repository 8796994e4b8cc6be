package keeper_test

import (
	"crypto/ed25519"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// setSlots takes exactly these slots out of service.
func (c *chain) setSlots(id string, outOfService ...uint32) {
	c.Helper()
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(c, err)
	msg := &machine.MsgSetSlots{Operator: c.operator.String(), MachineId: id, OutOfService: outOfService}
	for slot := range m.Whole() {
		if !slices.Contains(outOfService, slot) {
			msg.InService = append(msg.InService, slot)
		}
	}
	_, err = deliver(c, c.machine.SetSlots, msg)
	require.NoError(c, err)
}

func (c *chain) retire(id string) error {
	_, err := deliver(c, c.machine.Retire, &machine.MsgRetire{Owner: c.owner.String(), MachineId: id})
	return err
}

// A rental that is over frees no slot that is out of service: a message that needs
// slots settles those that free some, and a refused one settles none.
func TestAuditOutOfServiceSlotsGiveNoRoom(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		out     []uint32
		ask     uint32
		settled []uint64 // nil where it is refused
	}{
		"the first frees nothing":      {out: []uint32{0}, ask: 1, settled: []uint64{2}},
		"the first four free nothing":  {out: []uint32{0, 1, 2, 3}, ask: 2, settled: []uint64{5, 6}},
		"whole":                        {out: []uint32{0, 3, 4}, ask: 0, settled: []uint64{2, 3, 6}},
		"more than four would be ones": {out: []uint32{0}, ask: 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t)
			id := c.bond(1, 6)
			for range 6 {
				c.mustActive(c.renters[0], id, hour, 1)
			}
			c.at(time.Minute)
			c.setSlots(id, test.out...)
			c.at(time.Hour)
			clear(c.flaky.released)
			c.agree(id, hour, test.ask)
			clear(c.flaky.released)
			_, err := c.rent(c.renters[1], id, hour, test.ask)
			if test.settled == nil {
				require.ErrorIs(t, err, machine.ErrNoSlots)
				require.Empty(t, c.flaky.released)
				return
			}
			require.NoError(t, err)
			for _, rentID := range test.settled {
				require.Equal(t, 1, c.flaky.released[rentID], "rental %d", rentID)
			}
			require.Len(t, c.flaky.released, len(test.settled))
			c.end()
		})
	}
}

// Of the rentals that are over the fewest that make room are settled, so that at
// most four are settled wherever four suffice.
func TestAuditRoomTakesTheFewest(t *testing.T) {
	t.Parallel()
	for ask, settled := range map[uint32][]uint64{4: {5}, 5: {1, 5}, 7: {1, 2, 3, 5}} {
		c := newChain(t)
		id := c.bond(1, 8)
		for _, slots := range []uint32{1, 1, 1, 1, 4} {
			c.mustActive(c.renters[0], id, hour, slots)
		}
		c.at(time.Hour)
		require.True(t, c.agree(id, hour, ask), "%d slots", ask)
		clear(c.flaky.released)
		c.mustRent(c.renters[1], id, hour, ask)
		require.Len(t, c.flaky.released, len(settled), "%d slots", ask)
		for _, rentID := range settled {
			require.Equal(t, 1, c.flaky.released[rentID], "%d slots: rental %d", ask, rentID)
		}
		c.end()
	}
}

// A message that needs the machine free settles nothing if that would not free
// it, or if it is refused for another reason.
func TestAuditRefusedRetirementSettlesNothing(t *testing.T) {
	t.Parallel()
	machineOf := func(t *testing.T, over int) (*chain, string) {
		c := newChain(t)
		id := c.bond(1, 8)
		for range over {
			c.mustActive(c.renters[0], id, hour, 1)
		}
		return c, id
	}
	refused := func(t *testing.T, c *chain, send func() error, reason error) {
		t.Helper()
		clear(c.flaky.released)
		require.ErrorIs(t, send(), reason)
		require.Empty(t, c.flaky.released)
	}
	t.Run("one goes on", func(t *testing.T) {
		t.Parallel()
		c, id := machineOf(t, 4)
		c.mustActive(c.renters[1], id, 2*hour, 1)
		c.at(time.Hour)
		refused(t, c, func() error { return c.retire(id) }, machine.ErrRentalsOpen)
	})
	t.Run("too many", func(t *testing.T) {
		t.Parallel()
		c, id := machineOf(t, 5)
		c.at(time.Hour)
		refused(t, c, func() error { return c.retire(id) }, machine.ErrRentalsOpen)
	})
	t.Run("challenge open", func(t *testing.T) {
		t.Parallel()
		c, id := machineOf(t, 4)
		c.at(59 * time.Minute)
		require.NoError(t, c.challenge(c.renters[2], id))
		c.at(time.Hour)
		refused(t, c, func() error { return c.retire(id) }, machine.ErrChallengeOpen)
	})
	t.Run("facts with a GPU of another machine", func(t *testing.T) {
		t.Parallel()
		c, id := machineOf(t, 4)
		other, err := c.machines.Bonds.Get(c.ctx, c.bond(2, 1))
		require.NoError(t, err)
		require.NoError(t, c.machines.GPUs.Set(c.ctx, "GPU-taken", other.Id))
		c.at(time.Hour)
		facts := factsOf("GPU-taken")
		expiry := c.ctx.BlockTime().Add(time.Minute).Unix()
		refused(t, c, func() error {
			_, err := deliver(c, c.machine.UpdateFacts, &machine.MsgUpdateFacts{
				Operator: c.operator.String(), MachineId: id, Facts: facts, BondSeq: 2, Expiry: expiry,
				Signature: ed25519.Sign(c.keys[id], machine.BondText(c.ctx.ChainID(), id, c.owner.String(), 2, expiry, facts)),
			})
			return err
		}, machine.ErrGPUTaken)
	})
	t.Run("four are over", func(t *testing.T) {
		t.Parallel()
		c, id := machineOf(t, 4)
		c.at(time.Hour)
		require.NoError(t, c.retire(id))
		c.end()
	})
}

// A renter who can't pay does not cause what others left over to be settled.
func TestAuditRentWithoutMoneySettlesNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	id := c.bond(1, 4)
	for range 4 {
		c.mustActive(c.renters[0], id, hour, 1)
	}
	c.at(time.Hour)
	clear(c.flaky.released)
	_, err := c.rent(account(77), id, hour, 0)
	require.ErrorIs(t, err, xrental.ErrFunds)
	require.Empty(t, c.flaky.released)
}

// factsOf returns those of a computer with one GPU.
func factsOf(gpu string) machine.Facts {
	return machine.Facts{
		Slots:    []machine.Slot{{Kind: machine.SLOT_KIND_GPU, GpuType: "A", GpuIds: []string{gpu}, GpuCount: 1, VramMib: 1}},
		CpuModel: "C", CpuCores: 1, MemoryMib: 1, PortFirst: 20_000, PortLast: 20_999,
		KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
	}
}

// A claim that is refused for one of its rentals has settled none of the others.
func TestAuditRefusedClaimSettlesNothing(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	c.params(func(p *xrental.Params) { p.MinPenalty = 0 }) // all of a penalty is held
	id, alice, bob := c.bond(1, 8), c.renters[0], c.renters[1]
	for range 3 {
		c.mustActive(alice, id, hour, 1)
	}
	held := c.mustActive(alice, id, 2*hour, 1)
	foreign := c.mustActive(bob, id, 2*hour, 1)
	require.NoError(t, c.breakRental(c.owner.String(), held))
	c.at(time.Hour)
	for name, test := range map[string]struct {
		signer string
		last   uint64
		reason error
	}{
		"unknown":            {c.payout.String(), 99, xrental.ErrNotFound},
		"of another":         {alice.String(), foreign, xrental.ErrUnauthorized},
		"not yet to be paid": {alice.String(), held, xrental.ErrState},
	} {
		clear(c.flaky.released)
		_, err := deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: test.signer, RentIds: []uint64{1, 2, 3, test.last}})
		require.ErrorIs(t, err, test.reason, name)
		require.Empty(t, c.flaky.released, name)
	}
	before := c.balance(c.payout)
	claimed, err := c.claim(1, 2, 1, 3, 3)
	require.NoError(t, err)
	require.Equal(t, c.balance(c.payout)-before, claimed, "what is named twice is claimed once")
	c.end()
}
