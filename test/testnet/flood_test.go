package testnet_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/junk"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	// junkGas is what each junk transaction wants: forty of them fill a block by
	// what they want, which is what a block's room is given out by.
	fillBlock = 40
	junkGas   = app.MaxBlockGas / fillBlock
	// each spammer of each kind sends so many, six blocks' worth together.
	spammers, each = 4, 20
	// withinBlocks is where a message with a deadline must be.
	withinBlocks = 3
)

// TestDeadlinesPassAFlood: four validators on what dbcd init makes have more junk
// that paid for its gas than several blocks hold: small sends, sends with the
// longest memo, and sends signed by the seven members of a multisig. An answer to a
// challenge, a confirmation and a renewal are in one of the next three blocks, while
// these are full and more junk waits.
func TestDeadlinesPassAFlood(t *testing.T) {
	challenger := secp256k1.GenPrivKeyFromSecret([]byte("challenger"))
	var all []spammer
	rich := []string{chain.Address(challenger.PubKey())}
	for _, k := range junk.Kinds() {
		if !slices.Contains([]string{"small", "memo", "multisig"}, k.Name) {
			continue
		}
		for i := range spammers {
			w := junk.NewWallet(fmt.Sprint(k.Name, i), k.Keys)
			all, rich = append(all, spammer{k, w, i}), append(rich, w.Address())
		}
	}
	m := newMarket(t, testnet.Config{AsInitialized: true, Rich: rich})
	active := m.rent(0)
	m.confirm(0, active)
	due := m.deadlines(challenger, active)

	begin := m.height(0)
	var counts junk.Counts
	pouring := m.pour(all, &counts)
	m.backlog(fillBlock)
	after, last := m.sendAtOnce(due)
	waiting := m.waiting()
	require.NoError(t, pouring.Wait())
	wanted, executed := m.blocks(begin+1, last)
	t.Logf("junk in mempools %s, in blocks %s; answer, confirmation and renewal after %v blocks; %d wait then", &counts, executed, after, waiting)
	require.Equal(t, len(all)*each, counts.Of(junk.Taken), "junk that is refused is no flood: %s", &counts)
	require.Positive(t, waiting, "more junk waits than the blocks held")
	require.GreaterOrEqual(t, wanted[len(wanted)-1], int64(app.MaxBlockGas)*9/10, "the block with the last of them is full: %v", wanted)
	require.Positive(t, executed.Of(junk.Taken))
	for i, blocks := range after {
		require.LessOrEqual(t, blocks, int64(withinBlocks), "%T", due[i].msg)
	}
}

// spammer is a wallet that sends one kind of junk, to one validator.
type spammer struct {
	junk.Kind
	*junk.Wallet
	through int
}

// due is a message with a deadline, and through which validator it is sent.
type due struct {
	through int
	key     *secp256k1.PrivKey
	msg     sdk.Msg
}

func (m *market) deadlines(challenger *secp256k1.PrivKey, active uint64) []due {
	m.t.Helper()
	trial := m.rent(0)
	var reply machine.MsgChallengeResponse
	asked := m.send(0, challenger, &machine.MsgChallenge{Challenger: chain.Address(challenger.PubKey()), MachineId: m.machine})
	require.NoError(m.t, asked.Response(0, &reply))
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	renter := chain.Address(m.renter.PubKey())
	return []due{
		{1, m.host, &machine.MsgAnswerChallenge{
			Operator: chain.Address(m.host.PubKey()), MachineId: m.machine, ChallengeId: reply.ChallengeId, Height: asked.Height,
			Signature: ed25519.Sign(key, machine.AnswerText(testnet.ChainID, m.machine, reply.ChallengeId, asked.Height)),
		}},
		{2, m.renter, &rental.MsgConfirmRent{Renter: renter, RentId: trial}},
		{2, m.renter, &rental.MsgReletMachine{Renter: renter, RentId: active, AddDurationSeconds: 3600}},
	}
}

// pour gives all junk to the validators, as fast as it is taken.
func (m *market) pour(all []spammer, counts *junk.Counts) *errgroup.Group {
	group, ctx := errgroup.WithContext(m.ctx())
	for _, s := range all {
		v := m.Validators[s.through]
		s.Gas = junkGas
		group.Go(func() error {
			if err := s.Sync(ctx, v.GRPC); err != nil {
				return err
			}
			for range each {
				tx, err := s.Sign(testnet.ChainID, s.Kind)
				if err != nil {
					return err
				}
				result, err := v.Comet.BroadcastTxSync(ctx, tx)
				if err != nil {
					return err
				}
				counts.Add(result.Codespace, result.Code)
				if result.Code != 0 {
					return fmt.Errorf("%s was refused: %s", s.Name, result.Log)
				}
				s.Sent()
			}
			return nil
		})
	}
	return group
}

// waiting counts what is in the mempool of the first validator.
func (m *market) waiting() int {
	reply, err := m.Validators[0].Comet.NumUnconfirmedTxs(m.ctx())
	require.NoError(m.t, err)
	return reply.Total
}

// backlog waits until so many transactions wait for a block.
func (m *market) backlog(least int) {
	m.t.Helper()
	for blocks := 0; m.waiting() < least; blocks++ {
		require.Less(m.t, blocks, 10, "no flood: %d wait, %d should", m.waiting(), least)
		m.moreBlocks(0, 1)
	}
}

// sendAtOnce sends the messages and returns after how many blocks each was in one, and the last of these.
func (m *market) sendAtOnce(all []due) (after []int64, last int64) {
	m.t.Helper()
	ctx := m.ctx()
	group, ctx := errgroup.WithContext(ctx)
	after, heights := make([]int64, len(all)), make([]int64, len(all))
	for i, d := range all {
		group.Go(func() error {
			client := m.Validators[d.through].Client
			head, err := client.Head(ctx)
			if err != nil {
				return err
			}
			result, err := client.Broadcast(ctx, chain.NewKeySigner(d.key), d.msg)
			if err != nil {
				return fmt.Errorf("send %T: %w", d.msg, err)
			}
			after[i], heights[i] = result.Height-head.Height, result.Height
			return nil
		})
	}
	require.NoError(m.t, group.Wait())
	for _, height := range heights {
		last = max(last, height)
	}
	m.sent = max(m.sent, last)
	return after, last
}

// blocks returns what the transactions of each block want together, and what
// became of all of them.
func (m *market) blocks(first, last int64) (wanted []int64, executed *junk.Counts) {
	m.t.Helper()
	executed = new(junk.Counts)
	require.NoError(m.t, m.Validators[0].WaitHeight(m.ctx(), last))
	for height := first; height <= last; height++ {
		reply, err := m.Validators[0].Comet.BlockResults(m.ctx(), &height)
		require.NoError(m.t, err)
		sum := int64(0)
		for _, r := range reply.TxsResults {
			sum += r.GasWanted
			executed.Add(r.Codespace, r.Code)
		}
		wanted = append(wanted, sum)
	}
	return wanted, executed
}
