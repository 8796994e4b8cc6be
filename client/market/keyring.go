package market

import (
	"bytes"
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
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/auth/words"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/chainid"
	"github.com/dbc-network/dbc/keys"
)

// keyringService is the same as dbcd's, so that both see the same keys.
const keyringService = "dbc"

// testPassphrase is the SDK's for its backend "test", whose keys lie open.
const testPassphrase = "test"

// Keyring holds the wallets of DBC_HOME/keys. dbcd can read it too, with
// --keyring-dir.
type Keyring struct {
	ring keyring.Keyring
	// files are what ring reads and writes.
	files files.Keyring
	cdc   codec.Codec
	// home and backend locate the files from which Names reads.
	home, backend string
}

// Backend is "test" (no passphrase) on devnets and "file" elsewhere.
func Backend(chainID string) string {
	if chainid.Devnet(chainID) {
		return keyring.BackendTest
	}
	return keyring.BackendFile
}

// OpenKeyring opens the keyring below home. The "file" backend asks for its
// passphrase when a key is used. A nil ask provides none, which results in
// ErrLocked.
func OpenKeyring(home, backend string, ask Passphrase) (*Keyring, error) {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	dir := folder(home, backend)
	// The SDK's own prompt cannot be turned off, and loops when its input has
	// ended.
	password := unlock(dir, ask)
	if backend != keyring.BackendFile {
		password = func(string) (string, error) { return testPassphrase, nil }
	}
	files, err := openKeyFiles(dir, password)
	if err != nil {
		return nil, err
	}
	return &Keyring{keyring.NewInMemoryWithKeyring(files, cdc), files, cdc, home, backend}, nil
}

// folder returns the folder of a backend's keys, at the place the SDK and
// therefore dbcd use.
func folder(home, backend string) string { return filepath.Join(home, "keys", "keyring-"+backend) }

// Names lists the wallets of a backend without opening any, so no passphrase is
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
		if name, ok := strings.CutSuffix(entry.Name(), keys.InfoSuffix); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// Create creates a wallet and returns the 24 words that restore it. The words
// are not stored.
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

// Restore restores a wallet from its words.
func (k *Keyring) Restore(name, words string) (*Wallet, error) {
	return k.RestoreAccount(name, words, 0)
}

// RestoreAccount restores one account of the words, numbered from 0 as in the
// web app.
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
		record, err = k.byAddress(accAddress(account))
	} else {
		record, err = k.ring.Key(name)
	}
	if errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return nil, fmt.Errorf("%.64q: %w (dbc wallet list shows them, dbc wallet create makes one)", name, ErrNoWallet)
	}
	if err != nil {
		return nil, k.unreadable(name, err)
	}
	return newWallet(k.ring, record)
}

// tokenDots are the dots of a whole key file, which is a JWE in five parts.
const tokenDots = 4

// unreadable says what to do about a file that a kill or a full disk cut short:
// dbcd does not write its keys whole.
func (k *Keyring) unreadable(name string, err error) error {
	file := filepath.Join(folder(k.home, k.backend), name+keys.InfoSuffix)
	if text, readErr := os.ReadFile(file); readErr == nil && bytes.Count(text, []byte(".")) != tokenDots {
		return fmt.Errorf("read wallet %.64q: %s is damaged; move it away and restore the wallet from its words or its private key with dbc wallet import: %w", name, file, err)
	}
	return fmt.Errorf("read wallet %.64q: %w", name, err)
}

// byAddress also finds a wallet whose index by address was not written yet when
// its creation was killed.
func (k *Keyring) byAddress(address sdk.AccAddress) (*keyring.Record, error) {
	record, err := k.ring.KeyByAddress(address)
	if !errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return record, err
	}
	records, listErr := k.ring.List()
	if listErr != nil {
		return nil, listErr
	}
	for _, r := range records {
		if has, err := r.GetAddress(); err == nil && has.Equals(address) {
			return r, nil
		}
	}
	return nil, err
}

// Wallets lists all wallets.
func (k *Keyring) Wallets() ([]*Wallet, error) {
	// The SDK's own list skips what it cannot open and reports that on standard
	// error.
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
// to overwrite it, and an overwritten key is lost money.
func (k *Keyring) free(name string) error {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", r)
	}) {
		return fmt.Errorf("wallet name %.64q: %w", name, ErrName)
	}
	if _, err := chain.ParseAddress(name); err == nil {
		return fmt.Errorf("wallet name %.64q is an address: %w", name, ErrName)
	}
	_, err := k.ring.Key(name)
	switch {
	case err == nil:
		return fmt.Errorf("wallet name %.64q is taken: choose another", name)
	case errors.Is(err, sdkerrors.ErrKeyNotFound):
		return nil
	}
	return k.unreadable(name, err)
}

func hdPath(account uint32) string { return hd.CreateHDPath(chain.CoinType, 0, account).String() }

// RestoreKey creates a wallet from a private key of 64 hex digits.
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

// Delete removes a wallet from the keyring permanently.
func (k *Keyring) Delete(name string) error {
	if err := k.ring.Delete(name); err != nil {
		return fmt.Errorf("delete wallet %.64q: %w", name, err)
	}
	return nil
}

// Rename renames a wallet; its key and address stay the same. Calling it again
// completes one that was killed.
func (k *Keyring) Rename(name, to string) error {
	wallet, err := k.Wallet(name)
	if err != nil {
		return err
	}
	if half, err := k.Wallet(to); name == to || err != nil || half.Address() != wallet.Address() {
		if err := k.free(to); err != nil {
			return err
		}
	}
	return keys.Ring{Keyring: k.ring, Store: k.files, Codec: k.cdc}.Rename(wallet.Name, to)
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
