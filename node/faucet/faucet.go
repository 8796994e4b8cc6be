// Package faucet gives coins of a devnet to whoever asks.
package faucet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/envelope"
)

// Path is where a client node on a devnet gives coins.
const Path = "/api/v1/faucet"

const (
	// gift in udbc, unless the caller asks for less.
	gift = 1000 * 1_000_000
	// perAddress and perWindow bound the gifts of one window.
	perAddress = 3
	perWindow  = 300
	window     = time.Hour

	maxBody   = 4 << 10
	sendLimit = time.Minute
)

var devnetID = regexp.MustCompile(`^dbc-devnet-[0-9]+$`)

// Sender sends coins; *chain.Client is one.
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

// New refuses every chain that is not a devnet: there coins are worth something.
func New(chainID string, sender Sender, key chain.Signer, log *slog.Logger) (*Faucet, error) {
	if !devnetID.MatchString(chainID) {
		return nil, fmt.Errorf("open faucet on %s: %w", chainID, ErrNotDevnet)
	}
	return &Faucet{sender: sender, key: key, log: log, now: time.Now}, nil
}

// Request is the body of Path.
type Request struct {
	// Address is whom the coins are for.
	Address string `json:"address"`
	// Amount in udbc; empty is the whole gift.
	Amount api.Text `json:"amount,omitempty"`
}

// Gift is the reply of Path; Amount is in udbc.
type Gift struct {
	Amount string `json:"amount"`
	TxHash string `json:"tx_hash"`
	Height int64  `json:"height"`
}

// ServeHTTP answers once a block has the coins.
func (f *Faucet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), sendLimit)
	defer cancel()
	res, err := f.give(ctx, w, r)
	if err == nil {
		envelope.Write(w, res)
		return
	}
	if !envelope.Refuse(w, err) {
		f.log.Error("the faucet failed", slog.Any("error", err))
	}
}

func (f *Faucet) give(ctx context.Context, w http.ResponseWriter, r *http.Request) (Gift, error) {
	if err := envelope.Method(r, http.MethodPost); err != nil {
		return Gift{}, err
	}
	var req Request
	if err := envelope.Read(w, r, maxBody, &req); err != nil {
		return Gift{}, err
	}
	account, err := chain.ParseAddress(req.Address)
	if err != nil || len(account) != 20 {
		return Gift{}, envelope.BadValue("address", req.Address, "the address of a wallet, dbc1…")
	}
	to := chain.AddressOf(account)
	amount := uint64(gift)
	if req.Amount != "" {
		amount, err = strconv.ParseUint(strings.TrimSuffix(string(req.Amount), chain.Denom), 10, 64)
		if err != nil || amount == 0 || amount > gift {
			return Gift{}, envelope.BadValue("amount", string(req.Amount), fmt.Sprintf("1 to %d udbc", gift))
		}
	}
	if err := f.take(to); err != nil {
		return Gift{}, err
	}
	tx, err := f.sender.Broadcast(ctx, f.key, &banktypes.MsgSend{
		FromAddress: chain.Address(f.key.PubKey()), ToAddress: to,
		Amount: sdk.Coins{sdk.Coin{Denom: chain.Denom, Amount: math.NewIntFromUint64(amount)}},
	})
	if err != nil {
		return Gift{}, refused(ctx, err)
	}
	return Gift{Amount: strconv.FormatUint(amount, 10), TxHash: tx.Hash, Height: tx.Height}, nil
}

// take books a gift before it is sent, so that callers at the same time can't pass the limit.
func (f *Faucet) take(to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for len(f.gifts) > 0 && now.Sub(f.gifts[0].when) >= window {
		f.gifts = f.gifts[1:]
	}
	own := 0
	for _, g := range f.gifts {
		if g.to == to {
			own++
		}
	}
	var limit string
	switch {
	case own >= perAddress:
		limit = fmt.Sprintf("%d gifts an hour for one address", perAddress)
	case len(f.gifts) >= perWindow:
		limit = fmt.Sprintf("%d gifts an hour", perWindow)
	default:
		f.gifts = append(f.gifts, given{to, now})
		return nil
	}
	return &envelope.Refusal{
		Status: http.StatusTooManyRequests, ErrCode: -3, Code: "FAUCET_LIMIT", Field: "address", Value: to, Limit: limit,
		Message: "the faucet gives " + limit + "; come back later",
	}
}

func refused(ctx context.Context, err error) error {
	answer := new(chain.Refused)
	switch {
	case errors.As(err, &answer):
		return &envelope.Refusal{Status: http.StatusConflict, ErrCode: -3, Code: "CHAIN_REFUSED", Message: err.Error()}
	case errors.Is(err, chain.ErrUnreachable):
		return &envelope.Refusal{Status: http.StatusBadGateway, ErrCode: -15, Code: "CHAIN_UNREACHABLE", Message: err.Error()}
	case ctx.Err() != nil, errors.Is(err, chain.ErrExpired):
		return &envelope.Refusal{Status: http.StatusGatewayTimeout, ErrCode: -32700, Code: "TIMEOUT", Message: err.Error()}
	}
	return err
}
