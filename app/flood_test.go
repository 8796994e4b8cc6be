package app_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// signed returns a transaction that follows the sender's others in the mempool.
func (c *chain) signed(from string, gas, fee uint64, msgs ...sdk.Msg) []byte {
	account := c.app.Accounts.GetAccount(c.ctx(), sdk.AccAddress(c.people[from].PubKey().Address()))
	tx, err := simtestutil.GenSignedMockTx(rand.New(rand.NewSource(c.height)), c.app.TxConfig, msgs, udbc(fee), gas,
		chainID, []uint64{account.GetAccountNumber()}, []uint64{account.GetSequence()}, c.people[from])
	require.NoError(c.t, err)
	bz, err := c.app.TxConfig.TxEncoder()(tx)
	require.NoError(c.t, err)
	return bz
}

func (c *chain) checkTx(tx []byte) *abci.ResponseCheckTx {
	reply, err := c.app.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
	require.NoError(c.t, err)
	return reply
}

func (c *chain) propose() [][]byte {
	reply, err := c.app.PrepareProposal(&abci.RequestPrepareProposal{Height: c.height + 1, Time: c.now.Add(time.Second), MaxTxBytes: app.MaxBlockBytes})
	require.NoError(c.t, err)
	return reply.Txs
}

func (c *chain) accepts(txs ...[]byte) bool {
	reply, err := c.app.ProcessProposal(&abci.RequestProcessProposal{Height: c.height + 1, Time: c.now.Add(time.Second), Txs: txs})
	require.NoError(c.t, err)
	return reply.Status == abci.ResponseProcessProposal_ACCEPT
}

// TestConsensusBoundsTransactions verifies that what a node's settings refuse
// is also refused in a proposal and in a block, so that no validator can
// include it.
func TestConsensusBoundsTransactions(t *testing.T) {
	t.Parallel()
	c, _ := market(t)
	small := sendTo(c.address("alice"), "bob")
	large := &machine.MsgAnswerChallenge{Operator: c.address("alice"), Signature: bytes.Repeat([]byte{1}, app.MaxTxBytes)}
	for name, bad := range map[string]struct {
		tx   []byte
		code uint32
	}{
		"too many bytes":   {c.signed("alice", 1_000_000, 10_000, large), guard.ErrTooLarge.ABCICode()},
		"too much gas":     {c.signed("alice", 50_000_001, 500_001, small), guard.ErrTooLarge.ABCICode()},
		"below the floor":  {c.signed("alice", 1_000_000, 9_999, small), guard.ErrGasPrice.ABCICode()},
		"for nothing":      {c.signed("alice", 1_000_000, 0, small), guard.ErrGasPrice.ABCICode()},
		"with no gas paid": {c.signed("alice", 100_001, 1_000, small), guard.ErrGasPrice.ABCICode()},
	} {
		reply := c.checkTx(bad.tx)
		require.Equal(t, guard.ModuleName, reply.Codespace, name)
		require.Equal(t, bad.code, reply.Code, name)
		require.False(t, c.accepts(bad.tx), name)
		require.NotZero(t, c.block(time.Second, bad.tx)[0].Code, name)
	}
	good := c.signed("alice", 1_000_000, 10_000, small)
	require.True(t, c.accepts(good))
	require.Zero(t, c.block(time.Second, good)[0].Code)
	c.spent["alice"] += 10_000
}

// TestDeadlinesGetThroughAFlood fills the mempool with paid spam; an answer, a
// confirmation, a renewal and the guardian's pause still get into the next
// block.
func TestDeadlinesGetThroughAFlood(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
	challenge, open, err := c.app.Machine.OpenChallenge(c.ctx(), n.id)
	require.NoError(t, err)
	require.True(t, open)

	var full uint64
	for sent := uint64(0); full == 0; sent++ {
		if reply := c.checkTx(c.signed("bob", 500_000, 5_000, sendTo(c.address("bob"), "alice"))); reply.Code != 0 {
			require.Equal(t, guard.ErrFull.ABCICode(), reply.Code, reply.Log)
			full = sent
		}
	}
	require.EqualValues(t, 3_000, full)
	answer := &machine.MsgAnswerChallenge{Operator: c.address("operator"), MachineId: n.id, ChallengeId: challenge.Id, Height: challenge.Height}
	answer.Signature = ed25519.Sign(n.key, machine.AnswerText(chainID, n.id, challenge.Id, challenge.Height))
	urgent := [][]byte{
		c.signed("operator", 500_000, 5_000, answer),
		c.signed("alice", 1_000_000, 10_000, &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 2},
			&rental.MsgReletMachine{Renter: c.address("alice"), RentId: 1, AddDurationSeconds: hours}),
	}
	for _, tx := range urgent {
		reply := c.checkTx(tx)
		require.Zero(t, reply.Code, reply.Log)
	}
	require.NotZero(t, c.checkTx(c.signed("owner", 500_000, 5_000, sendTo(c.address("owner"), "alice"))).Code, "others wait")
	txs := c.propose()
	require.Equal(t, urgent[0], txs[0])
	require.Contains(t, txs, urgent[1])
	require.True(t, c.accepts(txs...))
	for _, result := range c.block(time.Second, txs...) {
		require.Zero(t, result.Code, result.Log)
	}
	_, open, err = c.app.Machine.OpenChallenge(c.ctx(), n.id)
	require.NoError(t, err)
	require.False(t, open)
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, c.state(2))
}

// TestProposalsVerifyWhatIsNew verifies that a proposal's signatures are
// checked unless the same bytes were checked before. A forged variant of a
// waiting transaction is refused.
func TestProposalsVerifyWhatIsNew(t *testing.T) {
	t.Parallel()
	c, _ := market(t)
	good := c.signed("alice", 500_000, 5_000, sendTo(c.address("alice"), "bob"))
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	require.False(t, c.accepts(forged))
	require.Zero(t, c.checkTx(good).Code)
	require.True(t, c.accepts(good))
	require.False(t, c.accepts(forged))
	require.False(t, c.accepts(good, good), "sequences are checked")
	require.NotZero(t, c.block(time.Second, forged)[0].Code)
}

// TestLaneIsForThoseConcerned verifies that strangers and forged messages get
// no priority.
func TestLaneIsForThoseConcerned(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	c.ok("alice", c.rent("alice", n, 1))
	for c.checkTx(c.signed("bob", 500_000, 5_000, sendTo(c.address("bob"), "alice"))).Code == 0 { // until the lane is full
	}
	for name, tx := range map[string][]byte{
		"another's rental":     c.signed("owner", 500_000, 5_000, &rental.MsgConfirmRent{Renter: c.address("owner"), RentId: 1}),
		"no such rental":       c.signed("alice", 500_000, 5_000, &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 9}),
		"no such machine":      c.signed("alice", 500_000, 5_000, &rental.MsgConfirmRent{Renter: c.address("alice"), MachineId: "none"}),
		"no open challenge":    c.signed("operator", 500_000, 5_000, &machine.MsgAnswerChallenge{Operator: c.address("operator"), MachineId: n.id, ChallengeId: 1}),
		"no guardian":          c.signed("alice", 500_000, 5_000, &guard.MsgPauseRentals{Signer: c.address("alice"), Until: c.now.Add(time.Hour)}),
		"with another message": c.signed("alice", 500_000, 5_000, &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1}, sendTo(c.address("alice"), "bob")),
		"another operator":     c.signed("alice", 500_000, 5_000, &machine.MsgSetOffline{Operator: c.address("alice"), MachineId: n.id}),
	} {
		reply := c.checkTx(tx)
		require.Equal(t, guard.ErrFull.ABCICode(), reply.Code, "%s: %s", name, reply.Log)
	}
	require.Zero(t, c.checkTx(c.signed("operator", 500_000, 5_000, &machine.MsgSetOffline{Operator: c.address("operator"), MachineId: n.id})).Code)
	require.Zero(t, c.checkTx(c.signed("alice", 500_000, 5_000, &rental.MsgCancelRent{Renter: c.address("alice"), MachineId: n.id})).Code)
}

// TestPauseHoldsHoweverARentIsSent verifies that the pause also applies through
// authz, and that existing rentals continue.
func TestPauseHoldsHoweverARentIsSent(t *testing.T) {
	t.Parallel()
	c := newChainWith(t, func(state map[string]json.RawMessage, c *chain) {
		gs := guard.DefaultGenesis()
		gs.Params.Guardian = c.address("owner")
		state[guard.ModuleName] = c.app.Codec.MustMarshalJSON(gs)
	})
	n := newNode(1)
	c.ok("owner", n.bond(c))
	c.ok("operator", n.online(c))
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("owner", &guard.MsgPauseRentals{Signer: c.address("owner"), Until: c.now.Add(time.Hour)})
	c.refused("bob", c.rent("bob", n, 1), guard.ErrPaused.Error())
	exec := authz.NewMsgExec(sdk.MustAccAddressFromBech32(c.address("bob")), []sdk.Msg{c.rent("bob", n, 1)})
	c.refused("bob", &exec, guard.ErrPaused.Error())
	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	c.ok("alice", &rental.MsgReletMachine{Renter: c.address("alice"), RentId: 1, AddDurationSeconds: hours})
	c.ok("owner", &guard.MsgResumeRentals{Signer: c.address("owner")})
	c.ok("bob", c.rent("bob", n, 1))
}
