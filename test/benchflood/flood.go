package main

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"cosmossdk.io/math"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/machine"
)

// flood is a kind of junk.
type flood struct {
	name string
	gas  uint64
	// make makes a message of an account that nobody else signs.
	make func(from string) sdk.Msg
}

var floods = []flood{
	{"small", 90_000, transfer},
	{"bytes", 6_700_000, func(from string) sdk.Msg {
		return &machine.MsgAnswerChallenge{Operator: from, Signature: bytes.Repeat([]byte{1}, 255<<10)}
	}},
	{"gas", 50_000_000, transfer},
	{"transfers", 6_000_000, func(from string) sdk.Msg { // of which each does as much as its gas lets it
		coins := sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1))
		msg := &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{Address: from, Coins: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 60))}}}
		for i := range 60 {
			msg.Outputs = append(msg.Outputs, banktypes.Output{Address: chain.AddressOf(fmt.Appendf(nil, "%-20d", i)), Coins: coins})
		}
		return msg
	}},
}

func transfer(from string) sdk.Msg {
	return &banktypes.MsgSend{FromAddress: from, ToAddress: from, Amount: sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 1))}
}

func kinds() []string {
	var names []string
	for _, f := range floods {
		names = append(names, f.name)
	}
	return names
}

// counts of a flood.
type counts struct {
	accepted, refused atomic.Int64
}

// pour floods all validators until ctx ends.
func (w *world) pour(ctx context.Context, f flood, n *counts) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, key := range w.flooders {
		group.Go(func() error {
			err := w.pourFrom(ctx, w.Validators[i%len(w.Validators)], key, f, n)
			if ctx.Err() != nil {
				return nil //nolint:nilerr // it ended because the flood did
			}
			return err
		})
	}
	return group.Wait()
}

func (w *world) pourFrom(ctx context.Context, v *testnet.Validator, key *secp256k1.PrivKey, f flood, n *counts) error {
	from := chain.Address(key.PubKey())
	number, sequence, err := account(ctx, v, from)
	if err != nil {
		return err
	}
	for {
		tx, err := sign(key, number, sequence, f.gas, f.make(from))
		if err != nil {
			return err
		}
		result, err := v.Comet.BroadcastTxSync(ctx, tx)
		switch {
		case err == nil && result.Code == 0:
			n.accepted.Add(1)
			sequence++
			continue
		case err == nil && result.Codespace != guard.ModuleName:
			// Some of what was taken went elsewhere first, or not at all: begin again from what the chain has.
			if _, sequence, err = account(ctx, v, from); err != nil {
				return err
			}
		}
		n.refused.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// account is what the newest block says of an account.
func account(ctx context.Context, v *testnet.Validator, address string) (number, sequence uint64, err error) {
	conn, err := grpc.NewClient(v.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close() }()
	reply, err := authtypes.NewQueryClient(conn).AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: address})
	if err != nil {
		return 0, 0, err
	}
	return reply.Info.AccountNumber, reply.Info.Sequence, nil
}

// sign pays the floor for the gas.
func sign(key *secp256k1.PrivKey, number, sequence, gas uint64, msg sdk.Msg) ([]byte, error) {
	packed, err := codectypes.NewAnyWithValue(msg)
	if err != nil {
		return nil, err
	}
	public, err := codectypes.NewAnyWithValue(key.PubKey())
	if err != nil {
		return nil, err
	}
	body, err := (&sdktx.TxBody{Messages: []*codectypes.Any{packed}}).Marshal()
	if err != nil {
		return nil, err
	}
	fee, _ := guard.DefaultParams().MinFee(gas)
	auth, err := (&sdktx.AuthInfo{
		SignerInfos: []*sdktx.SignerInfo{{
			PublicKey: public, Sequence: sequence,
			ModeInfo: &sdktx.ModeInfo{Sum: &sdktx.ModeInfo_Single_{Single: &sdktx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}},
		}},
		Fee: &sdktx.Fee{Amount: sdk.NewCoins(sdk.NewCoin(chain.Denom, math.NewIntFromUint64(fee))), GasLimit: gas},
	}).Marshal()
	if err != nil {
		return nil, err
	}
	doc, err := (&sdktx.SignDoc{BodyBytes: body, AuthInfoBytes: auth, ChainId: testnet.ChainID, AccountNumber: number}).Marshal()
	if err != nil {
		return nil, err
	}
	signature, err := key.Sign(doc)
	if err != nil {
		return nil, err
	}
	return (&sdktx.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{signature}}).Marshal()
}
