package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtcfg "github.com/cometbft/cometbft/config"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtlog "github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/proxy"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/server"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
)

// validatorKey is the key of the chain's only validator.
var validatorKey = ed25519.GenPrivKeyFromSecret([]byte("validator"))

func consensusParams() *cmtproto.ConsensusParams {
	return &cmtproto.ConsensusParams{
		Block: &cmtproto.BlockParams{MaxBytes: 22020096, MaxGas: -1}, Evidence: simtestutil.DefaultConsensusParams.Evidence,
		Validator: simtestutil.DefaultConsensusParams.Validator,
	}
}

// running is a CometBFT node with the world's application, like dbcd: mempool,
// consensus, block store and transaction index.
type running struct {
	*node.Node
	blocks cmttypes.Subscription
}

// run makes a node produce the world's first blocks.
func (w *world) run(ctx context.Context, state []byte) (_ *running, err error) {
	cfg := cmtcfg.DefaultConfig().SetRoot(filepath.Join(w.dir, "node"))
	cfg.RPC.ListenAddress, cfg.P2P.ListenAddress = "", "tcp://127.0.0.1:0"
	cfg.Consensus.TimeoutCommit = 200 * time.Millisecond
	for _, dir := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(cfg.RootDir, dir), 0o700); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	key := cmted25519.PrivKey(validatorKey.Key)
	params := consensusParams()
	genesis := &cmttypes.GenesisDoc{
		GenesisTime: begin, ChainID: chainID, InitialHeight: 1, AppState: state,
		Validators: []cmttypes.GenesisValidator{{PubKey: key.PubKey(), Power: 1}},
		ConsensusParams: &cmttypes.ConsensusParams{
			Block:     cmttypes.BlockParams{MaxBytes: params.Block.MaxBytes, MaxGas: params.Block.MaxGas},
			Evidence:  cmttypes.DefaultConsensusParams().Evidence,
			Validator: cmttypes.DefaultConsensusParams().Validator,
		},
	}
	made, err := node.NewNodeWithContext(ctx, cfg, privval.NewFilePV(key, cfg.PrivValidatorKeyFile(), cfg.PrivValidatorStateFile()),
		&p2p.NodeKey{PrivKey: cmted25519.GenPrivKey()}, proxy.NewLocalClientCreator(server.NewCometABCIWrapper(w.app)),
		func() (*cmttypes.GenesisDoc, error) { return genesis, genesis.ValidateAndComplete() },
		cmtcfg.DefaultDBProvider, node.DefaultMetricsProvider(cfg.Instrumentation), cmtlog.NewNopLogger())
	if err != nil {
		return nil, fmt.Errorf("make node: %w", err)
	}
	n := &running{Node: made}
	if n.blocks, err = n.EventBus().Subscribe(ctx, "benchchain", cmttypes.EventQueryNewBlock, 10_000); err != nil {
		return nil, fmt.Errorf("subscribe to blocks: %w", err)
	}
	if err := n.Start(); err != nil {
		return nil, fmt.Errorf("start node: %w", err)
	}
	if err = n.await(ctx, 0); err != nil {
		return nil, errors.Join(err, n.stop())
	}
	return n, nil
}

// await returns at the first block by which the given number of transactions
// has been executed.
func (n *running) await(ctx context.Context, txs int) error {
	for {
		select {
		case message := <-n.blocks.Out():
			block, ok := message.Data().(cmttypes.EventDataNewBlock)
			if !ok {
				return fmt.Errorf("event is a %T", message.Data())
			}
			for _, result := range block.ResultFinalizeBlock.TxResults {
				if result.Code != 0 {
					return fmt.Errorf("block %d: a transaction was refused: %s", block.Block.Height, result.Log)
				}
			}
			if txs -= len(block.Block.Txs); txs <= 0 {
				return nil
			}
		case <-n.blocks.Canceled():
			return fmt.Errorf("wait for blocks: %w", n.blocks.Err())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// deliver sends transactions to the mempool as fast as it accepts them, and
// returns when the last one has been executed.
func (n *running) deliver(ctx context.Context, txs [][]byte) error {
	var refused error
	for _, tx := range txs {
		err := n.Mempool().CheckTx(tx, func(reply *abci.ResponseCheckTx) {
			if reply.Code != 0 {
				refused = fmt.Errorf("check transaction: %s", reply.Log)
			}
		}, mempool.TxInfo{})
		if err = errors.Join(err, refused); err != nil {
			return err
		}
	}
	return n.await(ctx, len(txs))
}

// stop stops the node; the world's application continues from its last block.
func (n *running) stop() error {
	err := n.Stop()
	n.Wait()
	return err
}
