package signing

import (
	"encoding/hex"
	"testing"

	kmultisig "github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/dbc-network/dbc/auth"
)

// TestSDKMultisigAddress verifies that a multisig wallet's address equals the
// one on the chain.
func TestSDKMultisigAddress(t *testing.T) {
	t.Parallel()
	var keys []cryptotypes.PubKey
	var digits []string
	for n := range 17 {
		k := secp256k1.GenPrivKeyFromSecret([]byte{byte(n)}).PubKey()
		keys, digits = append(keys, k), append(digits, hex.EncodeToString(k.Bytes()))
		for threshold := 1; threshold <= len(keys); threshold += 3 {
			want, err := bech32.ConvertAndEncode("dbc", kmultisig.NewLegacyAminoPubKey(threshold, keys).Address())
			if err != nil {
				t.Fatal(err)
			}
			got, err := auth.Multisig{Threshold: threshold, PublicKeys: digits}.Address()
			if err != nil || got != want {
				t.Errorf("%d of %d: %s %v, want %s", threshold, len(keys), got, err, want)
			}
		}
	}
}
