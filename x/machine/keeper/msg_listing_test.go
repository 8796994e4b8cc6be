package keeper_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/x/machine"
)

func (n node) update(f *fixture, seq uint64, facts machine.Facts) *machine.MsgUpdateFacts {
	expiry := f.ctx.BlockTime().Add(time.Hour).Unix()
	return &machine.MsgUpdateFacts{
		Operator: operator, MachineId: n.id, Facts: facts, BondSeq: seq, Expiry: expiry,
		Signature: ed25519.Sign(n.key, machine.BondText(chainID, n.id, owner, seq, expiry, facts)),
	}
}

func TestUpdateFacts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 2)
	moved := n.facts(2)
	moved.PublicIp, moved.PortFirst, moved.PortLast = "192.0.2.7", 20000, 21000
	more := n.facts(3)

	_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7)
	require.NoError(t, err)
	_, err = f.msgs.UpdateFacts(f.ctx, n.update(f, 2, more))
	require.ErrorIs(t, err, machine.ErrRentalsOpen)
	reply, err := f.msgs.UpdateFacts(f.ctx, n.update(f, 2, moved))
	require.NoError(t, err, "addresses may change while rentals are open")
	require.EqualValues(t, 2, reply.ListingVersion)
	_, err = f.msgs.UpdateFacts(f.ctx, n.update(f, 2, moved))
	require.ErrorIs(t, err, machine.ErrBondSeq)
	f.check()

	require.NoError(t, f.k.ReleaseSlots(f.ctx, n.id, 7))
	_, err = f.msgs.UpdateFacts(f.ctx, n.update(f, 3, more))
	require.NoError(t, err)
	m := f.machine(n.id)
	require.EqualValues(t, 4_000_000_000, m.StakeRequired)
	require.True(t, m.BelowStake())
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 8)
	require.ErrorIs(t, err, machine.ErrStake)
	_, err = f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: owner, MachineId: n.id, Amount: 1_000_000_000})
	require.NoError(t, err)
	_, err = f.k.ReserveSlots(f.ctx, n.id, 1, 8)
	require.NoError(t, err)
	f.check()
}

func TestListingRefusals(t *testing.T) {
	t.Parallel()
	early, late := genesisTime.Add(24*time.Hour-time.Second), genesisTime.Add(11*365*24*time.Hour)
	for _, c := range []struct {
		name string
		send func(f *fixture, n node) error
		want error
	}{
		{"price of nothing", func(f *fixture, _ node) error {
			_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator})
			return err
		}, machine.ErrInvalidBatch},
		{"price zero", func(f *fixture, n node) error {
			_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: n.id}}})
			return err
		}, machine.ErrInvalidPrice},
		{"price twice", func(f *fixture, n node) error {
			price := machine.PriceChange{MachineId: n.id, PricePerDay: 5}
			_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{price, price}})
			return err
		}, machine.ErrInvalidBatch},
		{"price by the owner", func(f *fixture, n node) error {
			_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: owner, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 5}}})
			return err
		}, machine.ErrUnauthorized},
		{"drain of nothing", func(f *fixture, _ node) error {
			_, err := f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator})
			return err
		}, machine.ErrInvalidBatch},
		{"drain without notice", func(f *fixture, n node) error {
			_, err := f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator, MachineIds: []string{n.id}, From: &early})
			return err
		}, machine.ErrDrain},
		{"drain in another age", func(f *fixture, n node) error {
			_, err := f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator, MachineIds: []string{n.id}, From: &late})
			return err
		}, machine.ErrDrain},
		{"stake by a module", func(f *fixture, n node) error {
			_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: moduleAddress.String(), MachineId: n.id, Amount: 1})
			return err
		}, machine.ErrInvalidAddress},
		{"stake beyond any need", func(f *fixture, n node) error {
			_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: owner, MachineId: n.id, Amount: machine.MaxStake})
			return err
		}, machine.ErrInvalidAmount},
		{"stake of nothing", func(f *fixture, n node) error {
			_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: owner, MachineId: n.id})
			return err
		}, machine.ErrInvalidAmount},
		{"retire while rented", func(f *fixture, n node) error {
			_, err := f.k.ReserveSlots(f.ctx, n.id, 1, 7)
			require.NoError(f.t, err)
			_, err = f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
			return err
		}, machine.ErrRentalsOpen},
		{"withdraw before retirement", func(f *fixture, n node) error {
			_, err := f.msgs.WithdrawStake(f.ctx, &machine.MsgWithdrawStake{Owner: owner, MachineId: n.id})
			return err
		}, machine.ErrState},
		{"parameters by anybody", func(f *fixture, _ node) error {
			_, err := f.msgs.UpdateParams(f.ctx, &machine.MsgUpdateParams{Authority: owner, Params: machine.DefaultParams()})
			return err
		}, machine.ErrUnauthorized},
		{"parameters that do not hold together", func(f *fixture, _ node) error {
			_, err := f.msgs.UpdateParams(f.ctx, &machine.MsgUpdateParams{Authority: f.k.Authority()})
			return err
		}, machine.ErrInvalidParams},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			n := f.online(1, 2)
			before := f.machine(n.id)
			// A refused transaction's writes are dropped, as here.
			stored := f.ctx
			f.ctx, _ = stored.CacheContext()
			require.ErrorIs(t, c.send(f, n), c.want)
			f.ctx = stored
			require.Equal(t, before, f.machine(n.id))
			f.check()
		})
	}
}

func TestPriceAndDrain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 5}}})
	require.NoError(t, err)
	from := genesisTime.Add(24 * time.Hour)
	_, err = f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator, MachineIds: []string{n.id}, From: &from})
	require.NoError(t, err)
	m := f.machine(n.id)
	require.EqualValues(t, 5, m.PricePerDay)
	require.EqualValues(t, 2, m.ListingVersion)
	require.Equal(t, from, *m.DrainFrom)
	_, err = f.msgs.Drain(f.ctx, &machine.MsgDrain{Operator: operator, MachineIds: []string{n.id}})
	require.NoError(t, err)
	require.Nil(t, f.machine(n.id).DrainFrom)
}
