package client

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	files "github.com/99designs/keyring"
	"github.com/cosmos/go-bip39"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/auth/words"
	"github.com/dbc-network/dbc/chain"
)

// keyringService is dbcd's too, so that both see the same keys.
const keyringService = "dbc"

// Keyring is the wallets of DBC_HOME/keys, readable by dbcd with
// --keyring-dir as well.
type Keyring struct {
	ring keyring.Keyring
	// home and backend say where the names are.
	home, backend string
}

// Backend is "test" (no passphrase) on devnets and "file" elsewhere.
func Backend(chainID string) string {
	if strings.HasPrefix(chainID, "dbc-devnet-") {
		return keyring.BackendTest
	}
	return keyring.BackendFile
}

// OpenKeyring opens the keyring below home. Backend "file" asks for its
// passphrase when a key is used; nil gives none, which is ErrLocked.
func OpenKeyring(home, backend string, ask Passphrase) (*Keyring, error) {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	if backend != keyring.BackendFile {
		ring, err := keyring.New(keyringService, backend, filepath.Join(home, "keys"), nil, cdc)
		if err != nil {
			return nil, fmt.Errorf("open keyring: %w", err)
		}
		return &Keyring{ring, home, backend}, nil
	}
	// The SDK's own prompt can't be told to ask nobody, and repeats itself where
	// its input has ended.
	dir := folder(home, backend)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	files, err := files.Open(files.Config{
		AllowedBackends: []files.BackendType{files.FileBackend}, ServiceName: keyringService, FileDir: dir, FilePasswordFunc: unlock(dir, ask),
	})
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return &Keyring{keyring.NewInMemoryWithKeyring(files, cdc), home, backend}, nil
}

// folder of a backend's keys, as the SDK and so dbcd have it.
func folder(home, backend string) string { return filepath.Join(home, "keys", "keyring-"+backend) }

// Names lists the wallets of a backend without opening any: no passphrase is
// needed.
func Names(home, backend string) ([]string, error) {
	entries, err := os.ReadDir(folder(home, backend))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list wallets: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if name, ok := strings.CutSuffix(entry.Name(), ".info"); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// Create makes a wallet and returns the 24 words that restore it. They are
// stored nowhere.
func (k *Keyring) Create(name string) (wallet *Wallet, words string, err error) {
	if err := k.free(name); err != nil {
		return nil, "", err
	}
	record, words, err := k.ring.NewMnemonic(name, keyring.English, hdPath(0), "", hd.Secp256k1)
	if err != nil {
		return nil, "", fmt.Errorf("create wallet %s: %w", name, err)
	}
	wallet, err = newWallet(k.ring, record)
	return wallet, words, err
}

// Restore makes a wallet from its words.
func (k *Keyring) Restore(name, words string) (*Wallet, error) {
	return k.RestoreAccount(name, words, 0)
}

// RestoreAccount makes the wallet of one of the accounts that the words have, as
// the web app numbers them from 0.
func (k *Keyring) RestoreAccount(name, text string, account uint32) (*Wallet, error) {
	tidy := words.Tidy(text)
	if err := k.free(name); err != nil {
		return nil, err
	}
	if !bip39.IsMnemonicValid(tidy) {
		return nil, fmt.Errorf("restore wallet %s: %w", name, ErrWords)
	}
	record, err := k.ring.NewAccount(name, tidy, "", hdPath(account), hd.Secp256k1)
	if errors.Is(err, keyring.ErrDuplicatedAddress) {
		return nil, fmt.Errorf("restore wallet %s: %w (dbc wallet list)", name, ErrHere)
	}
	if err != nil {
		return nil, fmt.Errorf("restore wallet %s: %w", name, err)
	}
	return newWallet(k.ring, record)
}

// Wallet finds a wallet by its name or its dbc1… address.
func (k *Keyring) Wallet(name string) (*Wallet, error) {
	var (
		record *keyring.Record
		err    error
	)
	if account, parseErr := chain.ParseAddress(name); parseErr == nil {
		record, err = k.ring.KeyByAddress(accAddress(account))
	} else {
		record, err = k.ring.Key(name)
	}
	if errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return nil, fmt.Errorf("%.64q: %w (dbc wallet list shows them, dbc wallet create makes one)", name, ErrNoWallet)
	}
	if err != nil {
		return nil, fmt.Errorf("read wallet %.64q: %w", name, err)
	}
	return newWallet(k.ring, record)
}

// Wallets lists all of them.
func (k *Keyring) Wallets() ([]*Wallet, error) {
	// The SDK's own list passes over what it can't open, and says so on standard error.
	names, err := Names(k.home, k.backend)
	if err != nil {
		return nil, err
	}
	wallets := make([]*Wallet, 0, len(names))
	for _, name := range names {
		w, err := k.Wallet(name)
		if err != nil {
			return nil, err
		}
		wallets = append(wallets, w)
	}
	return wallets, nil
}

// free refuses a name that is taken: the SDK would ask on the terminal whether
// to overwrite it, and a key overwritten is money lost.
func (k *Keyring) free(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", r)
	}) {
		return fmt.Errorf("wallet name %.64q: letters, digits, - and _ only", name)
	}
	_, err := k.ring.Key(name)
	switch {
	case err == nil:
		return fmt.Errorf("wallet name %.64q is taken: choose another", name)
	case errors.Is(err, sdkerrors.ErrKeyNotFound):
		return nil
	}
	return fmt.Errorf("read wallet %.64q: %w", name, err)
}

func hdPath(account uint32) string { return hd.CreateHDPath(chain.CoinType, 0, account).String() }

// RestoreKey makes a wallet of a private key, 64 hex digits.
func (k *Keyring) RestoreKey(name, digits string) (*Wallet, error) {
	if err := k.free(name); err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(digits)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("restore wallet %s: %w", name, ErrWords)
	}
	var s secp256k1.ModNScalar
	if s.SetByteSlice(key) || s.IsZero() {
		return nil, fmt.Errorf("restore wallet %s: %w", name, ErrWords)
	}
	err = k.ring.ImportPrivKeyHex(name, digits, string(hd.Secp256k1Type))
	if errors.Is(err, keyring.ErrDuplicatedAddress) {
		return nil, fmt.Errorf("restore wallet %s: %w (dbc wallet list)", name, ErrHere)
	}
	if err != nil {
		return nil, fmt.Errorf("restore wallet %s: %w", name, err)
	}
	return k.Wallet(name)
}

// Delete removes a wallet from the keyring for good.
func (k *Keyring) Delete(name string) error {
	if err := k.ring.Delete(name); err != nil {
		return fmt.Errorf("delete wallet %.64q: %w", name, err)
	}
	return nil
}

// Rename gives a wallet another name; its key and address stay.
func (k *Keyring) Rename(name, to string) error {
	if err := k.free(to); err != nil {
		return err
	}
	if err := k.ring.Rename(name, to); err != nil {
		return fmt.Errorf("rename wallet %.64q: %w", name, err)
	}
	return nil
}

// Export returns a wallet's private key, 64 hex digits.
func (k *Keyring) Export(name string) (string, error) {
	const between = "between two lines of this program"
	armor, err := k.ring.ExportPrivKeyArmor(name, between)
	if err != nil {
		return "", fmt.Errorf("export wallet %.64q: %w", name, err)
	}
	key, _, err := crypto.UnarmorDecryptPrivKey(armor, between)
	if err != nil {
		return "", fmt.Errorf("export wallet %.64q: %w", name, err)
	}
	return hex.EncodeToString(key.Bytes()), nil
}
