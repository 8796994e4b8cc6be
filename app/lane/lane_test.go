package lane

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	protov2 "google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/mempool"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/guard"
)

const (
	blockBytes = 1_000_000
	blockGas   = 10_000_000
)

// transaction is what the pool sees of a transaction. A message's memo is its
// subject.
type transaction struct {
	sdk.Tx
	msgs    []sdk.Msg
	signers []string
	first   uint64 // the sequence of every signature
	bytes   int
	gas     uint64
}

func (t *transaction) GetMsgs() []sdk.Msg { return t.msgs }

func (t *transaction) GetMsgsV2() ([]protov2.Message, error) { return nil, nil }

func (t *transaction) GetGas() uint64 { return t.gas }

func (t *transaction) GetSigners() ([][]byte, error) { return nil, nil }

func (t *transaction) GetPubKeys() ([]cryptotypes.PubKey, error) { return nil, nil }

func (t *transaction) GetSignaturesV2() (all []signing.SignatureV2, err error) {
	for _, s := range t.signers {
		all = append(all, signing.SignatureV2{PubKey: secp256k1.GenPrivKeyFromSecret([]byte(s)).PubKey(), Sequence: t.first})
	}
	return all, nil
}

func junk(signer string, sequence uint64, bytes int, gas uint64) *transaction {
	return &transaction{msgs: []sdk.Msg{&banktypes.MsgSend{}}, signers: []string{signer}, first: sequence, bytes: bytes, gas: gas}
}

// about returns a transaction about subjects. Those that begin with "due" are
// due.
func about(signer string, sequence uint64, subjects ...string) *transaction {
	t := &transaction{signers: []string{signer}, first: sequence, bytes: 300, gas: 100_000}
	for _, s := range subjects {
		t.msgs = append(t.msgs, &banktypes.MsgSend{FromAddress: s})
	}
	return t
}

// node is a pool with the sequences of all signers, as the preceding checks
// maintain them.
type node struct {
	t      require.TestingT
	pool   *Pool
	ctx    sdk.Context
	closed map[string]bool
	chain  map[string]uint64
	wrong  map[*transaction]bool
}

func newNode(t require.TestingT) *node {
	n := &node{t: t, closed: make(map[string]bool), chain: make(map[string]uint64), wrong: make(map[*transaction]bool)}
	n.pool = NewPool(Config{Ordinary: Room{Txs: 100, Bytes: 2 * blockBytes}, Urgent: Room{Txs: 50, Bytes: blockBytes}, Judge: func(_ sdk.Context, msg sdk.Msg) (string, uint64) {
		subject := msg.(*banktypes.MsgSend).FromAddress
		if !strings.HasPrefix(subject, "due") || n.closed[subject] {
			return subject, 0
		}
		return subject, MessageGas
	}})
	n.ctx = sdk.Context{}.WithConsensusParams(cmtproto.ConsensusParams{Block: &cmtproto.BlockParams{MaxBytes: blockBytes, MaxGas: blockGas}})
	return n
}

func (n *node) at(tx *transaction) sdk.Context { return n.ctx.WithTxBytes(make([]byte, tx.bytes)) }

func (n *node) insert(tx *transaction) error {
	if err := n.pool.Admit(n.at(tx), tx); err != nil {
		return err
	}
	return n.pool.Insert(n.at(tx), tx, mempool.InsertOption{GasWanted: tx.gas})
}

func (n *node) take(txs ...*transaction) {
	for _, tx := range txs {
		require.NoError(n.t, n.insert(tx))
	}
}

// proposal verifies like the chain: each signer's sequences have no gap.
type proposal struct {
	n    *node
	next map[string]uint64
	txs  []*transaction
}

func (p *proposal) PrepareProposalVerifyTx(tx sdk.Tx) ([]byte, error) {
	one := tx.(*transaction)
	for _, s := range one.signers {
		if p.next[s] != one.first || p.n.wrong[one] {
			return nil, errors.New("wrong sequence")
		}
	}
	for _, s := range one.signers {
		p.next[s]++
	}
	p.txs = append(p.txs, one)
	return make([]byte, one.bytes), nil
}

func (n *node) propose() []*transaction {
	p := &proposal{n: n, next: make(map[string]uint64)}
	for s, sequence := range n.chain {
		p.next[s] = sequence
	}
	reply, err := n.pool.Prepare(p)(n.ctx, &abci.RequestPrepareProposal{MaxTxBytes: blockBytes})
	require.NoError(n.t, err)
	require.Len(n.t, reply.Txs, len(p.txs))
	var bytes, gas uint64
	for _, tx := range p.txs {
		bytes, gas = bytes+uint64(tx.bytes), gas+tx.gas
	}
	require.LessOrEqual(n.t, bytes, uint64(blockBytes))
	require.LessOrEqual(n.t, gas, uint64(blockGas))
	return p.txs
}

// commit executes transactions at a height.
func (n *node) commit(height int64, txs ...*transaction) {
	for _, tx := range txs {
		err := n.pool.RemoveWithReason(n.at(tx).WithBlockHeight(height), tx, mempool.RemoveReason{Caller: mempool.CallerRunTxFinalize})
		if err != nil {
			require.ErrorIs(n.t, err, mempool.ErrTxNotFound)
		}
		for _, s := range tx.signers {
			n.chain[s]++
		}
	}
}

// TestUrgentComesFirstUnderAFlood fills the ordinary lane, by bytes or by gas.
// An answer still gets in, and comes first.
func TestUrgentComesFirstUnderAFlood(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]func(int) *transaction{
		"of bytes": func(i int) *transaction { return junk(fmt.Sprint(i), 0, 256<<10, 100_000) },
		"of gas":   func(i int) *transaction { return junk(fmt.Sprint(i), 0, 300, blockGas/2) },
		"of many":  func(i int) *transaction { return junk(fmt.Sprint(i), 0, 300, 50_000) },
	} {
		n := newNode(t)
		var err error
		for i := 0; err == nil; i++ {
			err = n.insert(one(i))
		}
		require.ErrorIs(t, err, guard.ErrFull, name)
		answer := about("operator", 0, "due answer")
		n.take(answer)
		txs := n.propose()
		require.Equal(t, answer, txs[0], name)
		require.Greater(t, len(txs), 1, name)
	}
}

// TestUrgentLeavesHalfToOthers verifies that a flood of the urgent lane gets
// only its share while others wait.
func TestUrgentLeavesHalfToOthers(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	var gas uint64
	for i := range 50 {
		tx := about(fmt.Sprint("host", i), 0, fmt.Sprint("due ", i))
		tx.gas = 1_000_000
		n.take(tx)
	}
	require.ErrorIs(t, func() error { // the fifty-first goes to the ordinary lane until that is full
		for i := range 101 {
			if err := n.insert(about(fmt.Sprint("more", i), 0, fmt.Sprint("due more ", i))); err != nil {
				return err
			}
		}
		return nil
	}(), guard.ErrFull)
	for _, tx := range n.propose() {
		if strings.HasPrefix(tx.signers[0], "host") {
			gas += tx.gas
		}
	}
	require.LessOrEqual(t, gas, uint64(blockGas), "what nobody else wants")
	n = newNode(t)
	n.take(junk("user", 0, 300, blockGas/2))
	for i := range 50 {
		tx := about(fmt.Sprint("host", i), 0, fmt.Sprint("due ", i))
		tx.gas = 1_000_000
		n.take(tx)
	}
	txs := n.propose()
	require.Len(t, txs, 6)
	require.Equal(t, "user", txs[5].signers[0])
}

// TestLaneIsNarrow verifies that a transaction that only resembles an urgent
// one does not get into the lane.
func TestLaneIsNarrow(t *testing.T) {
	t.Parallel()
	large, hungry, two := about("a", 0, "due"), about("b", 0, "due"), about("c", 0, "due")
	large.bytes, hungry.gas = 16<<10+1, 1_500_001
	two.signers = []string{"c", "d"}
	for name, tx := range map[string]*transaction{
		"not due": about("e", 0, "nothing"), "one of two not due": about("f", 0, "due", "nothing"), "twice": about("g", 0, "due", "due"),
		"large": large, "hungry": hungry, "two signers": two, "nine messages": about("h", 0, "due1", "due2", "due3", "due4", "due5", "due6", "due7", "due8", "due9"),
		"no message": about("i", 0),
	} {
		n := newNode(t)
		n.take(tx)
		require.Equal(t, Room{}, n.pool.used[urgent], name)
		require.Equal(t, Room{1, tx.bytes}, n.pool.used[ordinary], name)
	}
}

// TestSameSubjectOnce verifies that a second transaction about the same subject
// waits like any other.
func TestSameSubjectOnce(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.take(junk("user", 0, 300, 50_000), about("a", 0, "due"), about("a", 1, "due"))
	txs := n.propose()
	require.Equal(t, []string{"a", "user", "a"}, []string{txs[0].signers[0], txs[1].signers[0], txs[2].signers[0]})
}

// TestFreshSubjectsFirst verifies that a signer who repeats a subject in every
// block comes after those who do not.
func TestFreshSubjectsFirst(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	often := about("often", 0, "due often")
	n.take(often)
	n.commit(10, n.propose()...)
	n.take(about("often", 1, "due often"), about("once", 0, "due once"))
	require.Equal(t, "once", n.propose()[0].signers[0])
	n.commit(11+memory, junk("user", 0, 300, 50_000))
	require.Equal(t, "often", n.propose()[0].signers[0], "after a while it is forgotten")
}

// TestTakesAlongWhatComesBefore verifies that a signer's earlier transactions
// are included with the urgent one if they are small.
func TestTakesAlongWhatComesBefore(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.take(junk("user", 0, 300, 50_000), junk("a", 0, 300, 50_000), about("a", 1, "due"))
	txs := n.propose()
	require.Equal(t, []uint64{0, 1, 0}, []uint64{txs[0].first, txs[1].first, txs[2].first})
	require.Equal(t, "user", txs[2].signers[0])

	for name, before := range map[string]*transaction{
		"bytes": junk("a", 0, 16<<10+1, 50_000), "gas": junk("a", 0, 300, 1_500_001),
		"another signer": {msgs: []sdk.Msg{&banktypes.MsgSend{}}, signers: []string{"b", "a"}, bytes: 300, gas: 50_000},
	} {
		n := newNode(t)
		n.take(junk("user", 0, 300, 50_000), before, about("a", 1, "due"))
		require.Equal(t, "user", n.propose()[0].signers[0], name)
	}
}

// TestNoLongerDue verifies that a transaction loses its priority if it is no
// longer due when a block is built.
func TestNoLongerDue(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.take(junk("user", 0, 300, 50_000), about("a", 0, "due"))
	n.closed["due"] = true
	require.Equal(t, "user", n.propose()[0].signers[0])
}

// TestInvalidIsRemoved verifies that an invalid transaction is removed, and
// that the signer's later ones wait.
func TestInvalidIsRemoved(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	bad, next := junk("a", 0, 300, 50_000), junk("a", 1, 300, 50_000)
	n.wrong[bad] = true
	n.take(bad, next)
	require.Empty(t, n.propose())
	require.False(t, n.pool.Has(bad))
	require.True(t, n.pool.Has(next))
}

// TestProposals verifies for random transactions that proposals are in sequence
// and within their bounds, that what is due gets into the next one as long as
// the lane has room, and that everything is included eventually.
func TestProposals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := newNode(t)
		next := make(map[string]uint64)
		for height := int64(1); height < 6; height++ {
			var due []*transaction
			for i := range rapid.IntRange(0, 30).Draw(t, "txs") {
				signer := fmt.Sprint("s", rapid.IntRange(0, 4).Draw(t, "signer"))
				tx := junk(signer, next[signer], rapid.IntRange(200, 300_000).Draw(t, "bytes"), uint64(rapid.IntRange(50_000, blockGas/2).Draw(t, "gas")))
				if rapid.Bool().Draw(t, "due") {
					signer = fmt.Sprint("host ", height, i) // has nothing else waiting
					tx = about(signer, 0, fmt.Sprint("due ", height, i))
					due = append(due, tx)
				}
				if n.insert(tx) == nil {
					next[signer]++
				}
			}
			count := n.pool.CountTx()
			txs := n.propose()
			require.Equal(t, count, n.pool.CountTx(), "nothing valid was removed")
			for _, tx := range due {
				require.Contains(t, txs, tx)
			}
			if count > 0 {
				require.NotEmpty(t, txs)
			}
			n.commit(height, txs...)
		}
		for n.pool.CountTx() > 0 {
			txs := n.propose()
			require.NotEmpty(t, txs)
			n.commit(9, txs...)
		}
		require.Equal(t, [2]Room{}, n.pool.used)
		require.Empty(t, n.pool.of)
		require.Empty(t, n.pool.hashes)
	})
}
