package client

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/cosmos/go-bip39"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/dbc-network/dbc/chain"
)

// keyringService is dbcd's too, so that both see the same keys.
const keyringService = "dbc"

// Keyring is the wallets of DBC_HOME/keys, readable by dbcd with
// --keyring-dir as well.
type Keyring struct{ ring keyring.Keyring }

// Backend is "test" (no passphrase) on devnets and "file" elsewhere.
func Backend(chainID string) string {
	if strings.HasPrefix(chainID, "dbc-devnet-") {
		return keyring.BackendTest
	}
	return keyring.BackendFile
}

// OpenKeyring opens the keyring below home. Backend "file" asks input for its
// passphrase when a key is used.
func OpenKeyring(home, backend string, input io.Reader) (*Keyring, error) {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	ring, err := keyring.New(keyringService, backend, filepath.Join(home, "keys"), input, codec.NewProtoCodec(registry))
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return &Keyring{ring}, nil
}

// Create makes a wallet and returns the 24 words that restore it. They are
// stored nowhere.
func (k *Keyring) Create(name string) (wallet *Wallet, words string, err error) {
	if err := k.free(name); err != nil {
		return nil, "", err
	}
	record, words, err := k.ring.NewMnemonic(name, keyring.English, hdPath(), "", hd.Secp256k1)
	if err != nil {
		return nil, "", fmt.Errorf("create wallet %s: %w", name, err)
	}
	wallet, err = newWallet(k.ring, record)
	return wallet, words, err
}

// Restore makes a wallet from its 24 words.
func (k *Keyring) Restore(name, words string) (*Wallet, error) {
	if err := k.free(name); err != nil {
		return nil, err
	}
	if !bip39.IsMnemonicValid(words) {
		return nil, fmt.Errorf("restore wallet %s: %w", name, ErrWords)
	}
	record, err := k.ring.NewAccount(name, words, "", hdPath(), hd.Secp256k1)
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
	records, err := k.ring.List()
	if err != nil {
		return nil, fmt.Errorf("list wallets: %w", err)
	}
	wallets := make([]*Wallet, 0, len(records))
	for _, record := range records {
		w, err := newWallet(k.ring, record)
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

func hdPath() string { return hd.CreateHDPath(chain.CoinType, 0, 0).String() }
