package app

import (
	"time"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/dbc-network/dbc/app/lane"
)

// What a block and a transaction hold at most, and what fits into a node's
// mempool. Prices follow from them, so they stand in one place.
const (
	// MaxBlockBytes and MaxBlockGas are what four validators carry and execute
	// well within a block's interval.
	MaxBlockBytes = 4_000_000
	MaxBlockGas   = 100_000_000
	// MaxTxBytes lets a hundred bonds into one transaction.
	MaxTxBytes = 256 << 10
	// txGasShare of a block is what one transaction may want, so that none keeps the rest out.
	txGasShare = 2
	// byteGas makes a block that is full of bytes as dear as one that is full of gas.
	byteGas = (MaxBlockGas + MaxBlockBytes - 1) / MaxBlockBytes
	// signatureGas is what checking a secp256k1 signature takes, at the gas that a
	// block's other work takes in the same time. Each is checked when a transaction
	// comes, is proposed, is voted for and is executed.
	signatureGas = 10_000

	// unbonding is how long a validator's stake can be taken for what it signed.
	unbonding = 21 * 24 * time.Hour
	// blockInterval is the shortest that validators are configured for.
	blockInterval = time.Second
)

// ConsensusParams of a new network.
func ConsensusParams() *cmttypes.ConsensusParams {
	p := cmttypes.DefaultConsensusParams()
	p.Block.MaxBytes, p.Block.MaxGas = MaxBlockBytes, MaxBlockGas
	// Evidence is good as long as the stake is there: younger than either bound.
	p.Evidence.MaxAgeDuration = unbonding
	p.Evidence.MaxAgeNumBlocks = int64(unbonding / blockInterval)
	return p
}

// The mempool's lanes. The ordinary one holds two blocks: more would only make
// every node check again what it can't include soon.
var (
	ordinaryLane = lane.Room{Txs: 3_000, Bytes: 2 * MaxBlockBytes}
	urgentLane   = lane.Room{Txs: 1_000, Bytes: MaxBlockBytes}
)

// MempoolTxs and MempoolBytes are what CometBFT's mempool must hold so that the
// lanes decide what is refused.
var (
	MempoolTxs   = ordinaryLane.Txs + urgentLane.Txs
	MempoolBytes = int64(ordinaryLane.Bytes + urgentLane.Bytes)
)
