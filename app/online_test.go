package app_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	manySlots   = 64
	manyRentals = 32 // segments of each
)

// full is an online machine of 64 slots, each with a trial of its own by alice.
func full(t *testing.T) (*chain, node) {
	t.Helper()
	c := newChainWith(t, func(state map[string]json.RawMessage, c *chain) {
		gs := rental.DefaultGenesis()
		gs.Params.MaxOpenTrials, gs.Params.MaxSegments = manySlots, manyRentals
		state[rental.ModuleName] = c.app.Codec.MustMarshalJSON(gs)
	})
	n := newNode(1)
	bond := n.bond(c)
	facts := &bond.Bonds[0].Facts
	facts.Slots = nil
	for i := range manySlots {
		facts.Slots = append(facts.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{fmt.Sprint("GPU-", i)}, GpuCount: 1, VramMib: 24564,
		})
	}
	bond.Bonds[0].Signature = ed25519.Sign(n.key, machine.BondText(chainID, n.id, c.address("owner"), 1, bond.Bonds[0].Expiry, *facts))
	c.ok("owner", bond)
	c.ok("operator", n.online(c))
	c.each(func(int) sdk.Msg { return c.rent("alice", n, 1) })
	return c, n
}

// each sends one of alice's messages for each of the slots, in one block.
func (c *chain) each(msg func(i int) sdk.Msg) {
	c.t.Helper()
	txs := make([][]byte, manySlots)
	for i := range txs {
		txs[i] = c.sign("alice", msg(i), uint64(i))
	}
	for _, result := range c.block(time.Second, txs...) {
		require.Zero(c.t, result.Code, result.Log)
	}
}

// urgent reports whether a transaction comes before what arrived before it, and
// puts it into a block.
func (c *chain) urgent(gas uint64, msgs ...sdk.Msg) (bool, *abci.ExecTxResult) {
	c.t.Helper()
	first := c.signed("bob", 200_000, 10_000, sendTo(c.address("bob"), "owner"))
	require.Zero(c.t, c.checkTx(first).Code)
	tx := c.signed("operator", gas, gas, msgs...)
	reply := c.checkTx(tx)
	require.Zero(c.t, reply.Code, reply.Log)
	txs := c.propose()
	require.Len(c.t, txs, 2)
	result := c.block(time.Second, txs...)
	if string(txs[0]) == string(tx) {
		return true, result[0]
	}
	return false, result[1]
}

// TestOnlineAndOfflineAreUrgent verifies that an operator whose machine is full
// of trials, or of rentals with as many segments as there can be, gets it off
// the market and back through a flood.
func TestOnlineAndOfflineAreUrgent(t *testing.T) {
	t.Parallel()
	c, n := full(t)
	const most = 1_500_000 + manySlots*400_000
	offline := func() sdk.Msg { return &machine.MsgSetOffline{Operator: c.address("operator"), MachineId: n.id} }
	urgent, result := c.urgent(most, offline())
	require.Zero(t, result.Code, result.Log)
	require.True(t, urgent)
	t.Logf("offline with %d trials: %d gas", manySlots, result.GasUsed)
	require.Greater(t, result.GasUsed, int64(1_500_000), "more than another urgent message may take")
	require.Equal(t, rental.RENTAL_STATE_REFUNDED, c.state(1))

	c.ok("operator", n.online(c))
	c.pass(25 * time.Hour) // the cooldown
	c.each(func(int) sdk.Msg { return c.rent("alice", n, 1) })
	c.each(func(i int) sdk.Msg {
		return &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: uint64(manySlots + i + 1)}
	})
	for segment := range uint64(manyRentals - 1) {
		c.ok("operator", &machine.MsgSetPrice{Operator: c.address("operator"), Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 24 * (dbc + segment + 1)}}})
		c.each(func(i int) sdk.Msg {
			return &rental.MsgReletMachine{Renter: c.address("alice"), RentId: uint64(manySlots + i + 1), AddDurationSeconds: hours}
		})
	}
	urgent, result = c.urgent(most, offline())
	require.Zero(t, result.Code, result.Log)
	require.True(t, urgent)
	urgent, result = c.urgent(most, n.online(c))
	require.Zero(t, result.Code, result.Log)
	require.True(t, urgent)
	t.Logf("online with %d rentals: %d gas", manySlots, result.GasUsed)
	require.Greater(t, result.GasUsed, int64(1_500_000))
	c.check()

	urgent, result = c.urgent(most+1, offline())
	require.Zero(t, result.Code, result.Log)
	require.False(t, urgent, "no more than its rentals are worth")
}

// TestOnlyAMoveIsUrgent verifies that going online and offline is urgent only
// where it changes the machine's state. A pair of them, which changes nothing,
// would otherwise occupy the whole lane again and again.
func TestOnlyAMoveIsUrgent(t *testing.T) {
	t.Parallel()
	const gas = 1_000_000
	c, n := market(t)
	online := func() sdk.Msg { return n.online(c) }
	offline := func() sdk.Msg { return &machine.MsgSetOffline{Operator: c.address("operator"), MachineId: n.id} }
	challenge := func() {
		c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
	}
	for _, step := range []struct {
		name   string
		before func()
		msgs   []func() sdk.Msg
		urgent bool
		fails  bool
	}{
		{"online while online", nil, []func() sdk.Msg{online}, false, true},
		{"a pair while online", nil, []func() sdk.Msg{online, offline}, false, true},
		{"a pair that changes nothing", nil, []func() sdk.Msg{offline, online}, false, false},
		{"offline with an open challenge", challenge, []func() sdk.Msg{offline}, false, true},
		{"online after it was not answered", func() { c.pass(10 * time.Minute) }, []func() sdk.Msg{online}, true, false},
		{"offline while online", nil, []func() sdk.Msg{offline}, true, false},
		{"offline while offline", nil, []func() sdk.Msg{offline}, false, true},
		{"a pair while offline", nil, []func() sdk.Msg{online, offline}, false, false},
		{"online while offline", nil, []func() sdk.Msg{online}, true, false},
	} {
		if step.before != nil {
			step.before()
		}
		msgs := make([]sdk.Msg, len(step.msgs))
		for i, msg := range step.msgs {
			msgs[i] = msg()
		}
		urgent, result := c.urgent(gas, msgs...)
		require.Equal(t, step.fails, result.Code != 0, "%s: %s", step.name, result.Log)
		require.Equal(t, step.urgent, urgent, step.name)
	}
}

// TestMovesShareASubject verifies that an operator who has just moved a machine
// comes after one who has not.
func TestMovesShareASubject(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	other := newNode(2)
	bond := other.bond(c)
	bond.Bonds[0].Operator = c.address("alice")
	c.ok("owner", bond)
	onlineOther := func() *machine.MsgSetOnline {
		msg := other.online(c)
		msg.Operator = c.address("alice")
		return msg
	}
	for range 51 { // how long the lane remembers that the machine came online
		c.block(time.Second)
	}
	urgent, result := c.urgent(1_000_000, &machine.MsgSetOffline{Operator: c.address("operator"), MachineId: n.id})
	require.Zero(t, result.Code, result.Log)
	require.True(t, urgent)

	again, first := c.signed("operator", 500_000, 5_000, n.online(c)), c.signed("alice", 500_000, 5_000, onlineOther())
	require.Zero(t, c.checkTx(again).Code)
	require.Zero(t, c.checkTx(first).Code)
	require.Equal(t, [][]byte{first, again}, c.propose())
}
