// Package faucet gives away coins of a devnet.
package faucet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/node/httpapi"
)

const (
	// gift is the amount in udbc, unless the caller asks for less.
	gift = 1000 * 1_000_000
	// perAddress and perWindow limit the number of gifts per window.
	perAddress = 3
	perWindow  = 300
	window     = time.Hour

	maxBody   = 4 << 10
	sendLimit = time.Minute
)

// Sender sends coins; *chain.Client implements it.
type Sender interface {
	Broadcast(ctx context.Context, signer chain.Signer, msgs ...sdk.Msg) (chain.TxResult, error)
}

var _ Sender = (*chain.Client)(nil)

// Faucet is the handler of Path.
type Faucet struct {
	sender Sender
	key    chain.Signer
	log    *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	gifts []given
}

type given struct {
	to   string
	when time.Time
}

// New refuses every chain that is not a devnet, because elsewhere coins have a
// value.
func New(chainID string, sender Sender, key chain.Signer, log *slog.Logger) (*Faucet, error) {
	if !chainid.Devnet(chainID) {
		return nil, fmt.Errorf("open faucet on %s: %w", chainID, ErrNotDevnet)
	}
	return &Faucet{sender: sender, key: key, log: log, now: time.Now}, nil
}

// ServeHTTP answers once the coins are in a block.
func (f *Faucet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), sendLimit)
	defer cancel()
	res, err := f.give(ctx, w, r)
	if err == nil {
		httpapi.Write(w, res)
		return
	}
	if !httpapi.Refuse(w, err) {
		f.log.Error("the faucet failed", slog.Any("error", err))
	}
}

func (f *Faucet) give(ctx context.Context, w http.ResponseWriter, r *http.Request) (api.Gift, error) {
	if err := httpapi.Method(r, http.MethodPost); err != nil {
		return api.Gift{}, err
	}
	var req api.FaucetRequest
	if err := httpapi.Read(w, r, maxBody, &req); err != nil {
		return api.Gift{}, err
	}
	account, err := chain.ParseAddress(req.Address)
	if err != nil || len(account) != 20 {
		return api.Gift{}, httpapi.BadValue("address", req.Address, "the address of a wallet, dbc1…")
	}
	to := chain.AddressOf(account)
	amount := uint64(gift)
	if req.Amount != "" {
		amount, err = strconv.ParseUint(strings.TrimSuffix(string(req.Amount), chain.Denom), 10, 64)
		if err != nil || amount == 0 || amount > gift {
			return api.Gift{}, httpapi.BadValue("amount", string(req.Amount), fmt.Sprintf("1 to %d udbc", gift))
		}
	}
	if err := f.take(to); err != nil {
		return api.Gift{}, err
	}
	tx, err := f.sender.Broadcast(ctx, f.key, &banktypes.MsgSend{
		FromAddress: chain.Address(f.key.PubKey()), ToAddress: to,
		Amount: sdk.Coins{sdk.Coin{Denom: chain.Denom, Amount: math.NewIntFromUint64(amount)}},
	})
	if err != nil {
		return api.Gift{}, refused(ctx, err)
	}
	return api.Gift{Amount: strconv.FormatUint(amount, 10), TxHash: tx.Hash, Height: tx.Height}, nil
}

// take records a gift before it is sent, so that concurrent calls cannot exceed
// the limit.
func (f *Faucet) take(to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for len(f.gifts) > 0 && now.Sub(f.gifts[0].when) >= window {
		f.gifts = f.gifts[1:]
	}
	var own []given
	for _, g := range f.gifts {
		if g.to == to {
			own = append(own, g)
		}
	}
	var (
		limit string
		first given // whose hour has to pass
	)
	switch {
	case len(own) >= perAddress:
		limit, first = fmt.Sprintf("%d gifts an hour for one address", perAddress), own[0]
	case len(f.gifts) >= perWindow:
		limit, first = fmt.Sprintf("%d gifts an hour", perWindow), f.gifts[0]
	default:
		f.gifts = append(f.gifts, given{to, now})
		return nil
	}
	at := first.when.Add(window)
	return &api.Refusal{
		Code: api.FaucetLimit, Field: "address", Value: to, Limit: limit, At: at,
		Message: fmt.Sprintf("the faucet gives %s; come back at %s", limit, at.UTC().Format(time.RFC3339)),
	}
}

func refused(ctx context.Context, err error) error {
	answer := new(chain.Refused)
	switch {
	case errors.As(err, &answer):
		return &api.Refusal{Code: api.ChainRefused, Message: err.Error()}
	case errors.Is(err, chain.ErrUnreachable):
		return &api.Refusal{Code: api.ChainUnreachable, Message: err.Error()}
	case ctx.Err() != nil, errors.Is(err, chain.ErrExpired):
		return &api.Refusal{Code: api.Timeout, Message: err.Error()}
	}
	return err
}
