package signing

import (
	"encoding/json"
	"testing"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/cosmos-sdk/x/auth/migrations/legacytx"
	decred "github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
)

const text = "dbc-request-v1\ndbc-devnet-1\nPOST\n/api/v1/tasks"

// signData is the message of ADR-036, which no SDK module has.
type signData struct {
	Data   []byte `json:"data"`
	Signer string `json:"signer"`
}

// signDoc returns what an amino signer of the SDK signs for a MsgSignData.
func signDoc(t *testing.T, signer string) []byte {
	t.Helper()
	cdc := codec.NewLegacyAmino()
	cdc.RegisterConcrete(signData{}, "sign/MsgSignData", nil)
	msg, err := cdc.MarshalJSON(signData{Data: []byte(text), Signer: signer})
	if err != nil {
		t.Fatal(err)
	}
	fee := legacytx.StdFee{Amount: sdk.Coins{}}
	doc, err := cdc.MarshalJSON(legacytx.StdSignDoc{Fee: fee.Bytes(), Msgs: []json.RawMessage{msg}})
	if err != nil {
		t.Fatal(err)
	}
	// Keys are sorted before signing by going through a map, like in the SDK's
	// amino signer.
	var fields map[string]any
	if err := json.Unmarshal(doc, &fields); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return sorted
}

func key() *secp256k1.PrivKey {
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(i + 1)
	}
	return &secp256k1.PrivKey{Key: b}
}

// TestSDKSignsTheSame verifies that address, document and signature equal the
// SDK's, and that what the SDK signs is accepted.
func TestSDKSignsTheSame(t *testing.T) {
	t.Parallel()
	private := key()
	address, err := bech32.ConvertAndEncode(auth.AddressPrefix, private.PubKey().Address())
	if err != nil {
		t.Fatal(err)
	}
	doc := signDoc(t, address)
	if got := auth.SignDoc(text, address); string(got) != string(doc) {
		t.Fatalf("documents differ:\n%s\n%s", got, doc)
	}
	sig, err := private.Sign(doc)
	if err != nil {
		t.Fatal(err)
	}
	sign, err := auth.EncodeSign(private.PubKey().Bytes(), sig)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("address %s\nsign %s", address, sign)
	if got, err := auth.VerifySign(text, sign); err != nil || got != address {
		t.Errorf("verify: %s, %v", got, err)
	}
	ours, err := auth.NewSigner(decred.PrivKeyFromBytes(private.Key)).Sign(t.Context(), text)
	if err != nil || ours != sign {
		t.Errorf("signatures differ, though both are deterministic:\n%s\n%s, %v", ours, sign, err)
	}
}
