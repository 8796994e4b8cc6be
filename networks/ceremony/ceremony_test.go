package ceremony_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/networks"
	"github.com/dbc-network/dbc/networks/ceremony"
	"github.com/dbc-network/dbc/x/machine"
)

const chainID = "dbc-testnet-1"

// world is a network's folder whose ceremony is open.
type world struct {
	t   *testing.T
	app *app.App
	dir string
}

func newWorld(t *testing.T) world {
	t.Helper()
	a, err := app.New(log.NewNopLogger(), dbm.NewMemDB(), false, simtestutil.EmptyAppOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	w := world{t, a, t.TempDir()}
	for _, name := range []string{networks.TermsFile, networks.ChainFile, networks.AssetsFile} {
		text, err := os.ReadFile(filepath.Join("..", chainID, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(w.dir, name), text, 0o644))
	}
	require.NoError(t, os.Mkdir(filepath.Join(w.dir, networks.GentxFolder), 0o755))
	return w
}

// part is one founder's transaction before it is signed.
type part struct {
	chainID  string
	account  *secp256k1.PrivKey
	messages []sdk.Msg
	memo     string
	fee      sdk.Coins
}

func (p *part) message() *stakingtypes.MsgCreateValidator {
	return p.messages[0].(*stakingtypes.MsgCreateValidator)
}

func (w world) part(name string) *part {
	w.t.Helper()
	account := secp256k1.GenPrivKeyFromSecret([]byte(name))
	msg, err := stakingtypes.NewMsgCreateValidator(
		sdk.ValAddress(account.PubKey().Address()).String(), ed25519.GenPrivKeyFromSecret([]byte(name)).PubKey(),
		sdk.NewInt64Coin(machine.Denom, 200_000_000_000), stakingtypes.Description{Moniker: name},
		stakingtypes.NewCommissionRates(math.LegacyMustNewDecFromStr("0.1"), math.LegacyMustNewDecFromStr("0.2"), math.LegacyMustNewDecFromStr("0.01")),
		math.OneInt())
	require.NoError(w.t, err)
	id := strings.ToLower(ed25519.GenPrivKeyFromSecret([]byte(name + " node")).PubKey().Address().String())
	return &part{chainID: chainID, account: account, messages: []sdk.Msg{msg}, memo: id + "@203.0.113.7:26656"}
}

func (w world) sign(p *part) []byte {
	w.t.Helper()
	b := w.app.TxConfig.NewTxBuilder()
	require.NoError(w.t, b.SetMsgs(p.messages...))
	b.SetMemo(p.memo)
	b.SetGasLimit(200_000)
	b.SetFeeAmount(p.fee)
	unsigned := signing.SignatureV2{PubKey: p.account.PubKey(), Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT}}
	require.NoError(w.t, b.SetSignatures(unsigned))
	text, err := authsigning.GetSignBytesAdapter(context.Background(), w.app.TxConfig.SignModeHandler(), signing.SignMode_SIGN_MODE_DIRECT,
		authsigning.SignerData{ChainID: p.chainID, Address: sdk.AccAddress(p.account.PubKey().Address()).String(), PubKey: p.account.PubKey()}, b.GetTx())
	require.NoError(w.t, err)
	signature, err := p.account.Sign(text)
	require.NoError(w.t, err)
	unsigned.Data = &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT, Signature: signature}
	require.NoError(w.t, b.SetSignatures(unsigned))
	out, err := w.app.TxConfig.TxJSONEncoder()(b.GetTx())
	require.NoError(w.t, err)
	return out
}

func (w world) put(file string, text []byte) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(filepath.Join(w.dir, networks.GentxFolder, file), text, 0o644))
}

func (w world) make() (ceremony.Result, error) {
	w.t.Helper()
	n, err := networks.Open(w.dir)
	require.NoError(w.t, err)
	return ceremony.Make(n)
}

// TestSameTransactionsGiveTheSameGenesis: neither the names of the files, nor spaces
// and the order of keys in them, change a byte; another transaction does.
func TestSameTransactionsGiveTheSameGenesis(t *testing.T) {
	t.Parallel()
	names := []string{"anna", "ben", "carla", "dan"}
	var results []ceremony.Result
	for run := range 2 {
		w := newWorld(t)
		for i, name := range names {
			text := w.sign(w.part(name))
			if run == 1 {
				var doc map[string]any
				require.NoError(t, json.Unmarshal(text, &doc))
				var err error
				text, err = json.MarshalIndent(doc, "", "\t")
				require.NoError(t, err)
			}
			w.put(fmt.Sprintf("%d.json", (i+2*run)%len(names)), text)
		}
		w.put("README.md", []byte("no transaction"))
		r, err := w.make()
		require.NoError(t, err)
		results = append(results, r)
	}
	require.Equal(t, string(results[0].Genesis), string(results[1].Genesis))
	require.Equal(t, results[0].Sum, results[1].Sum)
	require.ElementsMatch(t, names, results[0].Monikers)

	w := newWorld(t)
	for _, name := range append(names, "eve") {
		w.put(name+".json", w.sign(w.part(name)))
	}
	r, err := w.make()
	require.NoError(t, err)
	require.NotEqual(t, results[0].Sum, r.Sum)
}

// TestGenesisIsSafe: it has the parameters that dbcd init writes, and no more coins
// than the terms promise.
func TestGenesisIsSafe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	terms := filepath.Join(w.dir, networks.TermsFile)
	text, err := os.ReadFile(terms)
	require.NoError(t, err)
	faucet := sdk.AccAddress(secp256k1.GenPrivKeyFromSecret([]byte("faucet")).PubKey().Address()).String()
	text = bytes.Replace(text, []byte("\n[[version]]"), []byte("\n[[ceremony.account]]\naddress = \""+faucet+"\"\namount = 7\npurpose = \"faucet\"\n\n[[version]]"), 1)
	require.NoError(t, os.WriteFile(terms, text, 0o644))
	for _, name := range []string{"anna", "ben", "carla", "dan"} {
		w.put(name+".json", w.sign(w.part(name)))
	}
	r, err := w.make()
	require.NoError(t, err)
	genesis, err := genutiltypes.AppGenesisFromReader(bytes.NewReader(r.Genesis))
	require.NoError(t, err)
	require.Equal(t, chainID, genesis.ChainID)
	require.Equal(t, app.ConsensusParams(), genesis.Consensus.Params)
	var state map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(genesis.AppState, &state))
	var bank banktypes.GenesisState
	w.app.Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	require.Equal(t, "4000000000007udbc", bank.Supply.String())
	require.Len(t, bank.Balances, 5)
	for name, module := range w.app.DefaultGenesis() {
		if len(module) > 0 && name != "auth" && name != banktypes.ModuleName && name != genutiltypes.ModuleName {
			require.JSONEq(t, string(module), string(state[name]), name)
		}
	}
}

func TestTransactionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(p *part)
		want string
	}{
		"another chain":     {func(p *part) { p.chainID = "dbc-testnet-2" }, "--chain-id dbc-testnet-1"},
		"another signer":    {func(p *part) { p.account = secp256k1.GenPrivKeyFromSecret([]byte("thief")) }, "has to sign it"},
		"two messages":      {func(p *part) { p.messages = append(p.messages, p.messages[0]) }, "2 messages; one is wanted"},
		"another message":   {func(p *part) { p.messages = []sdk.Msg{&stakingtypes.MsgUndelegate{}} }, "MsgCreateValidator is wanted"},
		"a fee":             {func(p *part) { p.fee = sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, 1)) }, "its fee is 1udbc"},
		"too little":        {func(p *part) { p.message().Value = sdk.NewInt64Coin(machine.Denom, 99_999_999_999) }, "100000000000 to 500000000000udbc"},
		"too much":          {func(p *part) { p.message().Value = sdk.NewInt64Coin(machine.Denom, 500_000_000_001) }, "100000000000 to 500000000000udbc"},
		"another coin":      {func(p *part) { p.message().Value = sdk.NewInt64Coin("stake", 200_000_000_000) }, "udbc are wanted"},
		"low commission":    {func(p *part) { p.message().Commission.Rate = math.LegacyMustNewDecFromStr("0.04") }, "0.05"},
		"no name":           {func(p *part) { p.message().Description.Moniker = " " }, "moniker"},
		"a hidden name":     {func(p *part) { p.message().Description.Moniker = "\u202eevil" }, "printable"},
		"a long name":       {func(p *part) { p.message().Description.Moniker = strings.Repeat("x", 71) }, "description"},
		"no node":           {func(p *part) { p.memo = "" }, "id@host:port"},
		"a node to quote":   {func(p *part) { p.memo = p.memo[:41] + "a\";b:1" }, "id@host:port"},
		"a node and a port": {func(p *part) { p.memo = p.memo[:41] + "host:0" }, "id@host:port"},
		"two nodes":         {func(p *part) { p.memo += "," + p.memo }, "id@host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.part("anna")
			c.edit(p)
			w.put("anna.json", w.sign(p))
			_, err := w.make()
			require.ErrorIs(t, err, ceremony.ErrGentx)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "gentx/anna.json")
		})
	}
}

func TestFilesAreChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	signed := w.sign(w.part("anna"))
	for name, text := range map[string][]byte{
		"nothing":        {},
		"not JSON":       []byte("{"),
		"no transaction": []byte(`{"body":{"messages":[]}}`),
		"changed since":  bytes.Replace(signed, []byte("200000000000"), []byte("300000000000"), 1),
		"not signed":     w.unsigned(signed),
		"deep":           []byte(strings.Repeat("[", 30_000)),
	} {
		w.put("anna.json", text)
		_, err := w.make()
		require.ErrorIs(t, err, ceremony.ErrGentx, name)
	}
	w.put("anna.json", make([]byte, 70<<10))
	_, err := w.make()
	require.ErrorIs(t, err, networks.ErrFile)
	w.put("anna.json", signed)
	_, err = w.make()
	require.ErrorIs(t, err, ceremony.ErrFew)
	require.ErrorContains(t, err, "gentx has 1; 4 or more")
}

func (w world) unsigned(signed []byte) []byte {
	var doc map[string]any
	require.NoError(w.t, json.Unmarshal(signed, &doc))
	doc["signatures"] = []string{}
	text, err := json.Marshal(doc)
	require.NoError(w.t, err)
	return text
}

// TestNothingIsThereTwice: two founders share nothing by which they could be taken for
// each other, and one run names every pair.
func TestNothingIsThereTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.part("anna")
	w.put("anna.json", w.sign(anna))
	w.put("again.json", w.sign(anna))
	ben := w.part("ben")
	ben.message().Description.Moniker = "ANNA"
	ben.message().Pubkey = anna.message().Pubkey
	w.put("ben.json", w.sign(ben))
	carla := w.part("carla")
	carla.memo = anna.memo
	w.put("carla.json", w.sign(carla))
	_, err := w.make()
	require.ErrorIs(t, err, ceremony.ErrTwice)
	for _, want := range []string{
		"account: gentx/again.json and gentx/anna.json", "consensus key: gentx/again.json and gentx/ben.json",
		"moniker: gentx/again.json and gentx/ben.json", "node key: gentx/again.json and gentx/carla.json",
	} {
		require.ErrorContains(t, err, want)
	}
}
