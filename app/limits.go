package app

import (
	"time"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/dbc-network/dbc/app/lane"
)

// Maximum sizes of a block and a transaction, and the capacity of a node's
// mempool. Prices follow from them, so they are defined in one place.
const (
	// MaxBlockBytes and MaxBlockGas are what four validators transfer and
	// execute well within a block's interval.
	MaxBlockBytes = 4_000_000
	MaxBlockGas   = 100_000_000
	// MaxTxBytes allows a hundred bonds in one transaction.
	MaxTxBytes = 256 << 10
	// txGasShare: a transaction may use 1/txGasShare of a block's gas, so that
	// none keeps the others out.
	txGasShare = 2
	// byteGas makes a block full of bytes as expensive as one full of gas.
	byteGas = (MaxBlockGas + MaxBlockBytes - 1) / MaxBlockBytes
	// signatureGas is the cost of verifying a secp256k1 signature, relative to
	// the gas of a block's other work in the same time. Each signature is
	// verified when a transaction arrives, is proposed, is voted on and is
	// executed.
	signatureGas = 10_000

	// unbonding is how long a validator's stake can be slashed for what it
	// signed.
	unbonding = 21 * 24 * time.Hour
	// blockInterval is the shortest interval that validators are configured
	// for.
	blockInterval = time.Second
)

// ConsensusParams returns those of a new network.
func ConsensusParams() *cmttypes.ConsensusParams {
	p := cmttypes.DefaultConsensusParams()
	p.Block.MaxBytes, p.Block.MaxGas = MaxBlockBytes, MaxBlockGas
	// Evidence is valid as long as the stake is there: it must be within either
	// bound.
	p.Evidence.MaxAgeDuration = unbonding
	p.Evidence.MaxAgeNumBlocks = int64(unbonding / blockInterval)
	return p
}

// Capacities of the mempool's lanes. The ordinary one holds two blocks: with
// more, every node would only recheck transactions that it cannot include soon.
var (
	ordinaryLane = lane.Room{Txs: 3_000, Bytes: 2 * MaxBlockBytes}
	urgentLane   = lane.Room{Txs: 1_000, Bytes: MaxBlockBytes}
)

// MempoolTxs and MempoolBytes are the capacity that CometBFT's mempool needs so
// that the lanes decide what is refused.
var (
	MempoolTxs   = ordinaryLane.Txs + urgentLane.Txs
	MempoolBytes = int64(ordinaryLane.Bytes + urgentLane.Bytes)
)
