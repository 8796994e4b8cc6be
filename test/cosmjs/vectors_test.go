package cosmjs_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/anypb"

	"cosmossdk.io/log/v2"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	txsigning "github.com/cosmos/cosmos-sdk/x/tx/signing"

	"github.com/dbc-network/dbc/app"
)

// vectors are what vectors.mjs wrote.
type vectors struct {
	ChainID       string `json:"chain_id"`
	AccountNumber uint64 `json:"account_number"`
	Sequence      uint64
	Address       string
	PublicKey     []byte `json:"public_key"`
	Memo          string
	Vectors       []vector
}

type vector struct {
	Name      string
	Mode      string
	TypeURL   string `json:"type_url"`
	Value     json.RawMessage
	SignBytes []byte `json:"sign_bytes"`
	Tx        []byte
}

func (v vector) mode() signingtypes.SignMode {
	if v.Mode == "direct" {
		return signingtypes.SignMode_SIGN_MODE_DIRECT
	}
	return signingtypes.SignMode_SIGN_MODE_LEGACY_AMINO_JSON
}

func read(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var all vectors
	require.NoError(t, json.Unmarshal(text, &all))
	return all
}

func newApp(t *testing.T) *app.App {
	t.Helper()
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.EmptyAppOptions{})
	require.NoError(t, err)
	return a
}

// TestVectors verifies that the bytes that CosmJS signs equal those that the
// chain expects, that its signature verifies for these and nothing else, and
// that the message is the intended one.
func TestVectors(t *testing.T) {
	t.Parallel()
	all, a := read(t), newApp(t)
	key := &secp256k1.PubKey{Key: all.PublicKey}
	require.Equal(t, all.Address, sdk.AccAddress(key.Address()).String())
	data := authsigning.SignerData{
		Address: all.Address, ChainID: all.ChainID, AccountNumber: all.AccountNumber, Sequence: all.Sequence, PubKey: key,
	}
	for _, v := range all.Vectors {
		t.Run(v.Name+" "+v.Mode, func(t *testing.T) {
			t.Parallel()
			decoded, err := a.TxConfig.TxDecoder()(v.Tx)
			require.NoError(t, err)
			tx, ok := decoded.(authsigning.Tx)
			require.True(t, ok)
			require.Equal(t, all.Memo, tx.GetMemo())
			meant, err := a.Registry.Resolve(v.TypeURL)
			require.NoError(t, err)
			require.NoError(t, a.Codec.UnmarshalJSON(v.Value, meant))
			require.Equal(t, []sdk.Msg{meant}, tx.GetMsgs())

			handlers := a.TxConfig.SignModeHandler()
			want, err := authsigning.GetSignBytesAdapter(t.Context(), handlers, v.mode(), data, tx)
			require.NoError(t, err)
			require.Equal(t, string(want), string(v.SignBytes))

			signatures, err := tx.GetSignaturesV2()
			require.NoError(t, err)
			require.Len(t, signatures, 1)
			require.True(t, signatures[0].PubKey.Equals(key))
			adaptable, ok := decoded.(authsigning.V2AdaptableTx)
			require.True(t, ok)
			verify := func(data authsigning.SignerData) error {
				return authsigning.VerifySignature(t.Context(), key, signerData(t, data), signatures[0].Data, handlers, adaptable.GetSigningTxData())
			}
			require.NoError(t, verify(data))
			elsewhere := data
			elsewhere.ChainID = "dbc-testnet-2"
			require.Error(t, verify(elsewhere))
			later := data
			later.Sequence++
			if v.Mode != "direct" { // in direct mode, the sequence is in the transaction itself
				require.Error(t, verify(later))
			}
		})
	}
}

// TestVectorsCoverEveryMessage checks both modes.
func TestVectorsCoverEveryMessage(t *testing.T) {
	t.Parallel()
	have := make(map[string][]string)
	for _, v := range read(t).Vectors {
		if !slices.Contains(have[v.TypeURL], v.Mode) {
			have[v.TypeURL] = append(have[v.TypeURL], v.Mode)
		}
	}
	ours := 0
	for _, url := range newApp(t).Registry.ListImplementations(sdk.MsgInterfaceProtoName) {
		if strings.HasPrefix(url, "/dbc.") {
			ours++
			require.ElementsMatch(t, []string{"direct", "amino-json"}, have[url], url)
		}
	}
	require.Len(t, have, ours)
}

// signerData converts to the verifier's own type.
func signerData(t *testing.T, d authsigning.SignerData) txsigning.SignerData {
	t.Helper()
	key, err := codectypes.NewAnyWithValue(d.PubKey)
	require.NoError(t, err)
	return txsigning.SignerData{
		Address: d.Address, ChainID: d.ChainID, AccountNumber: d.AccountNumber, Sequence: d.Sequence,
		PubKey: &anypb.Any{TypeUrl: key.TypeUrl, Value: key.Value},
	}
}
