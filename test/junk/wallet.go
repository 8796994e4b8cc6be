// Package junk makes spam that pays for its gas, for floods of real validators.
package junk

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	kmultisig "github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/crypto/types/multisig"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/guard"
)

// Wallet signs with one key, or with several of a multisig that needs all of them.
type Wallet struct {
	keys             []*secp256k1.PrivKey
	number, sequence uint64
}

// NewWallet returns the wallet of a name with so many keys.
func NewWallet(name string, keys int) *Wallet {
	w := &Wallet{}
	for i := range keys {
		w.keys = append(w.keys, secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "%s %d", name, i)))
	}
	return w
}

func (w *Wallet) public() cryptotypes.PubKey {
	if len(w.keys) == 1 {
		return w.keys[0].PubKey()
	}
	all := make([]cryptotypes.PubKey, len(w.keys))
	for i, key := range w.keys {
		all[i] = key.PubKey()
	}
	return kmultisig.NewLegacyAminoPubKey(len(all), all)
}

// Address is where its money is.
func (w *Wallet) Address() string { return chain.AddressOf(w.public().Address()) }

// Sync reads number and next sequence from the newest block of the validator at a gRPC address.
func (w *Wallet) Sync(ctx context.Context, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	reply, err := authtypes.NewQueryClient(conn).AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: w.Address()})
	if err != nil {
		return fmt.Errorf("ask for the spammer's account: %w", err)
	}
	w.number, w.sequence = reply.Info.AccountNumber, reply.Info.Sequence
	return nil
}

// Sent counts the last transaction as taken.
func (w *Wallet) Sent() { w.sequence++ }

// Sign returns a transaction that pays the floor for its gas.
func (w *Wallet) Sign(chainID string, k Kind) ([]byte, error) {
	packed, err := codectypes.NewAnyWithValue(k.Make(w.Address()))
	if err != nil {
		return nil, err
	}
	body, err := (&sdktx.TxBody{Messages: []*codectypes.Any{packed}, Memo: k.Memo}).Marshal()
	if err != nil {
		return nil, err
	}
	auth, err := w.auth(k.Gas)
	if err != nil {
		return nil, err
	}
	doc, err := (&sdktx.SignDoc{BodyBytes: body, AuthInfoBytes: auth, ChainId: chainID, AccountNumber: w.number}).Marshal()
	if err != nil {
		return nil, err
	}
	signature, err := w.signature(doc)
	if err != nil {
		return nil, err
	}
	return (&sdktx.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{signature}}).Marshal()
}

func (w *Wallet) auth(gas uint64) ([]byte, error) {
	public, err := codectypes.NewAnyWithValue(w.public())
	if err != nil {
		return nil, err
	}
	direct := &sdktx.ModeInfo{Sum: &sdktx.ModeInfo_Single_{Single: &sdktx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT}}}
	mode := direct
	if n := len(w.keys); n > 1 {
		multi := &sdktx.ModeInfo_Multi{Bitarray: multisig.NewMultisig(n).BitArray}
		for i := range n {
			multi.Bitarray.SetIndex(i, true)
			multi.ModeInfos = append(multi.ModeInfos, direct)
		}
		mode = &sdktx.ModeInfo{Sum: &sdktx.ModeInfo_Multi_{Multi: multi}}
	}
	fee, _ := guard.DefaultParams().MinFee(gas)
	return (&sdktx.AuthInfo{
		SignerInfos: []*sdktx.SignerInfo{{PublicKey: public, Sequence: w.sequence, ModeInfo: mode}},
		Fee:         &sdktx.Fee{Amount: sdk.NewCoins(sdk.NewCoin(chain.Denom, math.NewIntFromUint64(fee))), GasLimit: gas},
	}).Marshal()
}

func (w *Wallet) signature(doc []byte) ([]byte, error) {
	all := make([][]byte, len(w.keys))
	for i, key := range w.keys {
		var err error
		if all[i], err = key.Sign(doc); err != nil {
			return nil, err
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return (&cryptotypes.MultiSignature{Signatures: all}).Marshal()
}
