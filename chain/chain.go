// Package chain is the client of a dbcd: queries, wake-ups and transactions. It
// knows the chain's messages but not how the chain stores them, so it imports
// generated clients only, never a keeper or the app.
package chain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"google.golang.org/grpc"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/chain/outbox"
)

// Config says where a dbcd is and how much a transaction may cost.
type Config struct {
	// ChainID is signed into every transaction. If empty, it is taken from the
	// dbcd.
	ChainID string
	// GRPC is host:port or a URL. The connection is in plain text on loopback
	// and with http://, and verified TLS otherwise.
	GRPC string
	// RPC is the address of CometBFT's RPC, as http(s)://host:port.
	RPC string
	// GasPrice defaults to "0.01udbc". If the chain's floor, which governance
	// sets, is higher, that is paid instead.
	GasPrice string
	// MaxGasPrice bounds the price paid on a dbcd's claim about the floor. It
	// defaults to "1udbc".
	MaxGasPrice string
	// Outbox is a folder for signed transactions that are in no block yet.
	// Programs that share it take turns signing for an account, from their
	// first Broadcast for it until Close. If empty, they are kept in memory
	// only.
	Outbox string
	// Busy is called if another program holds the account. It may be nil.
	Busy func()
	// Earlier is called with the outcome of a transaction that an earlier
	// program sent, if a new one requests something else. It may be nil.
	Earlier func(Earlier)
	// Signed is called with each transaction before it can leave this computer, also
	// with one that is signed again; an error keeps it from being stored and sent. It may
	// be nil.
	Signed func(outbox.Sent) error
	// DryRun prevents signing and sending: Broadcast tries the messages on the
	// newest state and returns *DryRun, or the chain's refusal.
	DryRun bool
	// Logger logs lost connections. Nil discards them.
	Logger *slog.Logger
}

// Client talks to one dbcd. Its methods may be called concurrently.
type Client struct {
	chainID  string
	conn     *grpc.ClientConn
	rpc      *rpchttp.HTTP
	rpcURL   string
	gasPrice sdk.DecCoin
	maxPrice sdk.DecCoin
	log      *slog.Logger
	outbox   string
	busy     func()
	earlier  func(Earlier)
	signed   func(outbox.Sent) error
	dryRun   bool

	genesis genesisCache
	signers signerBook

	// ctx ends with Close and stops the watchers.
	ctx     context.Context //nolint:containedctx // the client's own life, not a call's
	stop    context.CancelFunc
	watches sync.WaitGroup
}

// Dial prepares a client. It sends nothing: an unreachable dbcd shows in the
// first call, as ErrUnreachable.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	price, err := parseGasPrice(cmp.Or(cfg.GasPrice, defaultGasPrice))
	if err != nil {
		return nil, err
	}
	most, err := parseGasPrice(cmp.Or(cfg.MaxGasPrice, defaultMaxGasPrice))
	if err != nil {
		return nil, err
	}
	rpcURL, err := parseRPC(cfg.RPC)
	if err != nil {
		return nil, err
	}
	rpc, err := rpchttp.New(rpcURL, "/websocket")
	if err != nil {
		return nil, fmt.Errorf("prepare rpc %s: %w", cfg.RPC, err)
	}
	conn, err := dialGRPC(cfg.GRPC)
	if err != nil {
		return nil, err
	}
	c := &Client{
		chainID: cfg.ChainID, conn: conn, rpc: rpc, rpcURL: rpcURL, gasPrice: price, maxPrice: most, log: cfg.Logger,
		outbox: cfg.Outbox, busy: cfg.Busy, earlier: cfg.Earlier, signed: cfg.Signed, dryRun: cfg.DryRun,
		signers: signerBook{accounts: map[string]*account{}},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c, nil
}

// Close closes the connections and every channel that Watch returned, and lets
// other programs sign. Call it after the last Broadcast has returned.
func (c *Client) Close() error {
	c.stop()
	c.watches.Wait()
	failed := []error{c.conn.Close()}
	for _, a := range c.signers.all() {
		if a.box != nil {
			failed = append(failed, a.box.Close())
			a.box = nil
		}
	}
	return errors.Join(failed...)
}
