package operator_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/operator"
)

const phrase = "correct horse battery"

// makeKey makes a key the way dbcd and dbc wallet do, and returns its address.
func makeKey(t *testing.T, dir, backend, name string) string {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	ring, err := keyring.New("dbc", backend, dir, strings.NewReader(phrase+"\n"+phrase+"\n"), codec.NewProtoCodec(registry))
	if err != nil {
		t.Fatal(err)
	}
	record, _, err := ring.NewMnemonic(name, keyring.English, hd.CreateHDPath(chain.CoinType, 0, 0).String(), "", hd.Secp256k1)
	if err != nil {
		t.Fatal(err)
	}
	public, err := record.GetPubKey()
	if err != nil {
		t.Fatal(err)
	}
	return chain.Address(public)
}

func writePhrase(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		backend string
		cfg     operator.Config
	}{
		{keyring.BackendTest, operator.Config{Name: "op", Dir: dir, Test: true}},
		{keyring.BackendFile, operator.Config{Name: "op", Dir: dir, PassphraseFile: writePhrase(t, phrase+"\n", 0o600)}},
	} {
		address := makeKey(t, dir, c.backend, "op")
		key, err := operator.Open(c.cfg)
		if err != nil {
			t.Fatalf("%s: %v", c.backend, err)
		}
		if key.Address() != address {
			t.Errorf("%s: address %s, want %s", c.backend, key.Address(), address)
		}
		sig, err := key.SignTx(t.Context(), []byte("document"))
		if err != nil || !key.PubKey().VerifySignature([]byte("document"), sig) {
			t.Errorf("%s: wrong signature, %v", c.backend, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir, nowhere := t.TempDir(), filepath.Join(t.TempDir(), "keys")
	makeKey(t, dir, keyring.BackendFile, "op")
	right := writePhrase(t, phrase, 0o600)
	for name, c := range map[string]struct {
		cfg  operator.Config
		want error
	}{
		"no keyring":          {operator.Config{Name: "op", Dir: nowhere, PassphraseFile: right}, operator.ErrNoKey},
		"no such key":         {operator.Config{Name: "other", Dir: dir, PassphraseFile: right}, operator.ErrNoKey},
		"other backend":       {operator.Config{Name: "op", Dir: dir, Test: true}, operator.ErrNoKey},
		"no passphrase":       {operator.Config{Name: "op", Dir: dir}, operator.ErrPassphrase},
		"empty passphrase":    {operator.Config{Name: "op", Dir: dir, PassphraseFile: writePhrase(t, "\n", 0o600)}, operator.ErrPassphrase},
		"wrong passphrase":    {operator.Config{Name: "op", Dir: dir, PassphraseFile: writePhrase(t, "wrong horse", 0o600)}, operator.ErrPassphrase},
		"readable passphrase": {operator.Config{Name: "op", Dir: dir, PassphraseFile: writePhrase(t, phrase, 0o640)}, operator.ErrMode},
		"missing file":        {operator.Config{Name: "op", Dir: dir, PassphraseFile: filepath.Join(dir, "none")}, os.ErrNotExist},
	} {
		_, err := operator.Open(c.cfg)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "horse") {
			t.Errorf("%s: the error tells the passphrase", name)
		}
	}
	if _, err := os.Stat(nowhere); err == nil {
		t.Error("a keyring was made")
	}
}
