// Package chain is the connection to a dbcd: queries, wakes and transactions.
// It knows the messages of the chain but nothing of how the chain keeps them,
// so it imports generated clients only, never a keeper or the app.
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
)

// Config says where a dbcd is and what a transaction may cost.
type Config struct {
	// ChainID is signed into every transaction; empty takes what the dbcd says.
	ChainID string
	// GRPC is host:port or a URL. Plain text on loopback and with http://,
	// verified TLS everywhere else.
	GRPC string
	// RPC is CometBFT's, as http(s)://host:port.
	RPC string
	// GasPrice such as "0.01udbc", which is the default. Where the chain's floor is
	// higher, as governance may decide, that is paid.
	GasPrice string
	// MaxGasPrice bounds what is paid on a dbcd's word of the floor; the default is
	// "1udbc".
	MaxGasPrice string
	// Outbox is a folder for what was signed and is in no block yet. Programs that
	// share it sign for one account one after the other, from the first
	// Broadcast of the account to Close. Empty keeps it in memory only.
	Outbox string
	// Busy is called where another program holds the account; nil is allowed.
	Busy func()
	// Earlier is told what became of what an earlier program sent, where a new
	// transaction wishes for something else; nil is allowed.
	Earlier func(Earlier)
	// DryRun signs and sends nothing: Broadcast tries the messages on the newest
	// state and returns *DryRun, or what the chain would refuse.
	DryRun bool
	// Logger takes lost connections; nil drops them.
	Logger *slog.Logger
}

// Client speaks to one dbcd. Its methods may be called concurrently.
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
	dryRun   bool

	genesis genesisCache
	signers signerBook

	// ctx ends with Close and takes the watchers with it.
	ctx     context.Context //nolint:containedctx // the client's own life, not a call's
	stop    context.CancelFunc
	watches sync.WaitGroup
}

// Dial prepares a client. It sends nothing: a dbcd that is down shows in the
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
		outbox: cfg.Outbox, busy: cfg.Busy, earlier: cfg.Earlier, dryRun: cfg.DryRun,
		signers: signerBook{accounts: map[string]*account{}},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c, nil
}

// Close ends the connections and every channel that Watch gave, and lets other
// programs sign. It comes after the last Broadcast has returned.
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
