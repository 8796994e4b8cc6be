package chain

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdktx "github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
)

// draft is a transaction before it is signed.
type draft struct {
	chainID  string
	number   uint64
	sequence uint64
	gas      uint64
	fee      uint64
	// last is the highest block that may include it, or 0 for any.
	last uint64
	msgs []*codectypes.Any
}

func packMsgs(msgs []sdk.Msg) ([]*codectypes.Any, error) {
	if len(msgs) == 0 {
		return nil, errors.New("a transaction needs a message")
	}
	packed := make([]*codectypes.Any, len(msgs))
	for i, msg := range msgs {
		a, err := codectypes.NewAnyWithValue(msg)
		if err != nil {
			return nil, fmt.Errorf("pack %T: %w", msg, err)
		}
		packed[i] = a
	}
	return packed, nil
}

// sign returns the bytes to broadcast. A simulation needs no signature: it is
// left empty and the key is not used.
func (d draft) sign(ctx context.Context, signer Signer, simulate bool) ([]byte, error) {
	key, err := codectypes.NewAnyWithValue(signer.PubKey())
	if err != nil {
		return nil, fmt.Errorf("pack public key: %w", err)
	}
	body, err := (&sdktx.TxBody{Messages: d.msgs, TimeoutHeight: d.last}).Marshal()
	if err != nil {
		return nil, fmt.Errorf("encode transaction: %w", err)
	}
	auth, err := (&sdktx.AuthInfo{
		SignerInfos: []*sdktx.SignerInfo{{
			PublicKey: key,
			ModeInfo: &sdktx.ModeInfo{Sum: &sdktx.ModeInfo_Single_{
				Single: &sdktx.ModeInfo_Single{Mode: signing.SignMode_SIGN_MODE_DIRECT},
			}},
			Sequence: d.sequence,
		}},
		Fee: &sdktx.Fee{Amount: coins(d.fee), GasLimit: d.gas},
	}).Marshal()
	if err != nil {
		return nil, fmt.Errorf("encode transaction: %w", err)
	}
	raw := &sdktx.TxRaw{BodyBytes: body, AuthInfoBytes: auth, Signatures: [][]byte{{}}}
	if !simulate {
		doc, err := (&sdktx.SignDoc{
			BodyBytes: body, AuthInfoBytes: auth, ChainId: d.chainID, AccountNumber: d.number,
		}).Marshal()
		if err != nil {
			return nil, fmt.Errorf("encode sign document: %w", err)
		}
		if raw.Signatures[0], err = signer.SignTx(ctx, doc); err != nil {
			return nil, fmt.Errorf("sign transaction: %w", err)
		}
	}
	return raw.Marshal()
}

func coins(udbc uint64) sdk.Coins {
	if udbc == 0 {
		return nil
	}
	return sdk.Coins{sdk.Coin{Denom: Denom, Amount: math.NewIntFromUint64(udbc)}}
}
