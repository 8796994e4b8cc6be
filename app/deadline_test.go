package app_test

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math/rand"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// sendAt puts a message into a block with the given time, without a preceding
// halt.
func (c *chain) sendAt(at time.Time, from string, msg sdk.Msg) *abci.ExecTxResult {
	c.t.Helper()
	c.pass(at.Sub(c.now) - time.Second)
	return c.block(at.Sub(c.now), c.sign(from, msg, 0))[0]
}

// TestInTheBlockOfADeadline verifies that a message is in time one nanosecond
// before the deadline, and late in the block of the deadline and after it.
func TestInTheBlockOfADeadline(t *testing.T) {
	t.Parallel()
	const trial, active = 1, 2
	for name, message := range map[string]struct {
		of  uint64
		msg func(c *chain) sdk.Msg
	}{
		"confirm": {trial, func(c *chain) sdk.Msg { return &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: trial} }},
		"cancel":  {trial, func(c *chain) sdk.Msg { return &rental.MsgCancelRent{Renter: c.address("alice"), RentId: trial} }},
		"relet": {active, func(c *chain) sdk.Msg {
			return &rental.MsgReletMachine{Renter: c.address("bob"), RentId: active, AddDurationSeconds: hours}
		}},
		"leave": {active, func(c *chain) sdk.Msg { return &rental.MsgLeaveRental{Renter: c.address("bob"), RentId: active} }},
		"break": {active, func(c *chain) sdk.Msg { return &rental.MsgBreakRental{Signer: c.address("owner"), RentId: active} }},
	} {
		signer := map[string]string{"confirm": "alice", "cancel": "alice", "relet": "bob", "leave": "bob", "break": "owner"}[name]
		for _, off := range []time.Duration{-1, 0, 1} {
			t.Run(fmt.Sprintf("%s %dns from the deadline", name, off), func(t *testing.T) {
				t.Parallel()
				c, n := market(t)
				c.ok("alice", c.rent("alice", n, 1))
				c.leavable(n)
				c.ok("bob", c.rentAny("bob", n, 1))
				c.ok("bob", &rental.MsgConfirmRent{Renter: c.address("bob"), RentId: active})
				deadline := c.stored(message.of).Deadline
				if message.of == active {
					deadline = c.stored(active).End
				}
				result := c.sendAt(deadline.Add(off), signer, message.msg(c))
				if off < 0 {
					require.Zero(t, result.Code, result.Log)
				} else {
					c.requireRefused(result, "too late")
				}
				c.check()
				require.NoError(t, c.app.Rental.CheckOverdue(c.ctx(), 0))
			})
		}
	}
}

func (c *chain) stored(id uint64) rental.Rental {
	c.t.Helper()
	r, err := c.app.Rental.Rentals.Get(c.ctx(), id)
	require.NoError(c.t, err)
	return r
}

// TestRentWhatADeadlineFrees verifies that a rent in the block of a deadline
// gets the slots that it frees, and that one a nanosecond earlier does not.
func TestRentWhatADeadlineFrees(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-1, 0} {
		for _, confirmed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%dns from the deadline, confirmed %t", off, confirmed), func(t *testing.T) {
				t.Parallel()
				c, n := market(t)
				c.ok("alice", c.rent("alice", n, 3))
				at := c.stored(1).Deadline
				if confirmed {
					c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
					at = c.stored(1).End
				}
				result := c.sendAt(at.Add(off), "bob", c.rent("bob", n, 3))
				if off < 0 {
					c.requireRefused(result, "0 of 3 are free")
				} else {
					require.Zero(t, result.Code, result.Log)
					require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(2))
				}
				c.check()
			})
		}
	}
}

// crowded is a chain whose blocks settle only one rental each.
func crowded(t *testing.T) (*chain, node) {
	t.Helper()
	c := newChainWith(t, func(state map[string]json.RawMessage, c *chain) {
		gs := rental.DefaultGenesis()
		gs.Params.MaxDuePerBlock = 1
		state[rental.ModuleName] = c.app.Codec.MustMarshalJSON(gs)
	})
	n := newNode(1)
	c.ok("owner", n.bond(c))
	c.ok("operator", n.online(c))
	return c, n
}

// TestDuringCarryOver verifies for all kinds of messages that a rental that is
// over counts as over even before a block has processed it, and that a message
// about its machine settles it.
func TestDuringCarryOver(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]struct {
		from  string
		msg   func(c *chain, n node) sdk.Msg
		words string // empty if the message is accepted
	}{
		"confirm": {"alice", func(c *chain, _ node) sdk.Msg { return &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 3} }, "too late"},
		"cancel":  {"alice", func(c *chain, _ node) sdk.Msg { return &rental.MsgCancelRent{Renter: c.address("alice"), RentId: 3} }, "too late"},
		"relet": {"alice", func(c *chain, _ node) sdk.Msg {
			return &rental.MsgReletMachine{Renter: c.address("alice"), RentId: 3, AddDurationSeconds: hours}
		}, "too late"},
		"rent":   {"bob", func(c *chain, n node) sdk.Msg { return c.rent("bob", n, 3) }, ""},
		"retire": {"owner", func(c *chain, n node) sdk.Msg { return &machine.MsgRetire{Owner: c.address("owner"), MachineId: n.id} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, n := crowded(t)
			var txs [][]byte
			for i := range 3 { // in one block, so that all are due at once
				txs = append(txs, c.sign("alice", c.rent("alice", n, 1), uint64(i)))
			}
			for _, result := range c.block(time.Second, txs...) {
				require.Zero(t, result.Code, result.Log)
			}
			deadline := c.stored(3).Deadline
			c.pass(deadline.Sub(c.now))
			require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(3), "two are carried over")
			result := c.send(message.from, message.msg(c, n))
			if message.words != "" {
				c.requireRefused(result, message.words)
			} else {
				require.Zero(t, result.Code, result.Log)
				require.Equal(t, rental.RENTAL_STATE_REFUNDED, c.state(3), "the message settled it")
			}
			c.check()
			c.block(time.Second)
			c.block(time.Second)
			require.Equal(t, rental.RENTAL_STATE_REFUNDED, c.state(3))
			require.Equal(t, deadline, c.stored(3).Transitions[1].Time, "it was over at its deadline, whenever a block says so")
			require.Equal(t, wealth-30*dbc, c.holds("alice"), "the rent is back, the fees are not")
			c.check()
		})
	}
}

// sign returns a transaction with a message, to follow others in the same
// block.
func (c *chain) sign(from string, msg sdk.Msg, after uint64) []byte {
	c.t.Helper()
	account := c.app.Accounts.GetAccount(c.ctx(), sdk.MustAccAddressFromBech32(c.address(from)))
	tx, err := simtestutil.GenSignedMockTx(rand.New(rand.NewSource(c.height)), c.app.TxConfig, []sdk.Msg{msg}, udbc(gasFee), 1_000_000,
		chainID, []uint64{account.GetAccountNumber()}, []uint64{account.GetSequence() + after}, c.people[from])
	require.NoError(c.t, err)
	bz, err := c.app.TxConfig.TxEncoder()(tx)
	require.NoError(c.t, err)
	c.spent[from] += gasFee
	return bz
}

// TestHaltInATrialAChallengeAndARental halts the chain for an hour. The trial
// and the challenge are extended by that hour, the rental ends at its original
// end, its host has earned all of it, and no machine counts as offline.
func TestHaltInATrialAChallengeAndARental(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	c.pass(90 * time.Minute)
	c.ok("bob", c.rent("bob", n, 1))
	rented := c.now
	c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
	challenged, height := c.now, c.height
	c.pass(9 * time.Minute)

	const halt = time.Hour
	c.block(halt)
	require.Equal(t, rental.RENTAL_STATE_ENDED, c.state(1), "an end does not move")
	require.Equal(t, rental.RENTAL_STATE_TRIAL, c.state(2), "a trial does")
	answer := &machine.MsgAnswerChallenge{
		Operator: c.address("operator"), MachineId: n.id, ChallengeId: 1, Height: height,
		Signature: ed25519.Sign(n.key, machine.AnswerText(chainID, n.id, 1, height)),
	}
	result := c.sendAt(challenged.Add(10*time.Minute+halt-1), "operator", answer)
	require.Zero(t, result.Code, result.Log)
	require.Equal(t, 2*dbc, c.holds("payout"), "the whole rent was earned")
	m, err := c.app.Machine.GetMachine(c.ctx(), n.id)
	require.NoError(t, err)
	require.Equal(t, machine.MACHINE_STATE_ONLINE, m.State)

	result = c.sendAt(rented.Add(30*time.Minute+halt-1), "bob", &rental.MsgConfirmRent{Renter: c.address("bob"), RentId: 2})
	require.Zero(t, result.Code, result.Log)
	c.check()
}
