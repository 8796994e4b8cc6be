package market_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/dbc-network/dbc/client/market"
)

// TestWordsAsPeoplePaste restores one wallet from words in many notations.
// sign_tool and the web app have tests with the same files.
func TestWordsAsPeoplePaste(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../auth/words/testdata/*.txt")
	if err != nil || len(files) < 11 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	addresses := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wallet, err := openTest(t).Restore("a", string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		addresses[filepath.Base(file)] = wallet.Address()
	}
	for name, address := range addresses {
		if name != "twelve.txt" && address != addresses["plain.txt"] {
			t.Errorf("%s is %s, another wallet", name, address)
		}
	}
	if got := addresses["twelve.txt"]; got != "dbc19rl4cm2hmr8afy4kldpxz3fka4jguq0acrzlra" {
		t.Errorf("twelve words are %s", got)
	}
}

func sdkKeyring(home string, input io.Reader) (keyring.Keyring, error) {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	return keyring.New("dbc", keyring.BackendFile, filepath.Join(home, "keys"), input, codec.NewProtoCodec(registry))
}

func openTest(t *testing.T) *market.Keyring {
	t.Helper()
	ring, err := market.OpenKeyring(t.TempDir(), market.Backend(chainID), nil)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// TestAccounts verifies that accounts equal those of the web app, and that a
// wallet can be moved by its key.
func TestAccounts(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("abandon ", 11) + "about"
	ring := openTest(t)
	zero, err := ring.RestoreAccount("zero", words, 0)
	if err != nil {
		t.Fatal(err)
	}
	one, err := ring.RestoreAccount("one", words, 1)
	if err != nil || one.Address() == zero.Address() {
		t.Fatalf("%v, %v", one, err)
	}
	key, err := ring.Export("one")
	if err != nil {
		t.Fatal(err)
	}
	again, err := openTest(t).RestoreKey("moved", key)
	if err != nil || again.Address() != one.Address() {
		t.Errorf("%v, %v", again, err)
	}
	if err := ring.Rename("one", "zero"); err == nil {
		t.Error("took another's name")
	}
	if err := ring.Rename("one", "two"); err != nil {
		t.Error(err)
	}
	if err := ring.Delete("zero"); err != nil {
		t.Error(err)
	}
	left, err := ring.Wallets()
	if err != nil || len(left) != 1 || left[0].Name != "two" || left[0].Address() != one.Address() {
		t.Errorf("left are %v, %v", left, err)
	}
}

// TestLockedKeyring uses the SDK's own files without its prompt.
func TestLockedKeyring(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	open := func(ask market.Passphrase) *market.Keyring {
		ring, err := market.OpenKeyring(home, "file", ask)
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	if _, _, err := open(market.FixedPassphrase("short")).Create("ann"); err == nil {
		t.Error("a passphrase of five characters")
	}
	made, _, err := open(market.FixedPassphrase("long enough")).Create("ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(market.FixedPassphrase("not the one")).Wallet("ann"); err == nil || !strings.Contains(err.Error(), "passphrase is not right") {
		t.Errorf("wrong: %v", err)
	}
	if _, err := open(nil).Wallet("ann"); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("none: %v", err)
	}
	if names, err := market.Names(home, "file"); err != nil || len(names) != 1 || names[0] != "ann" {
		t.Errorf("names %v, %v", names, err)
	}
	// dbcd opens it too.
	input := strings.NewReader("long enough\n")
	ring, err := sdkKeyring(home, input)
	if err != nil {
		t.Fatal(err)
	}
	record, err := ring.Key("ann")
	if err != nil {
		t.Fatal(err)
	}
	if key, err := record.GetPubKey(); err != nil || !key.Equals(made.PubKey()) {
		t.Errorf("another key, %v", err)
	}
}
