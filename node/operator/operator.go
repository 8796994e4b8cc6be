// Package operator opens the key with which a node pays for its answers to
// challenges: the machine's operator, in a keyring of the Cosmos SDK as dbcd
// and dbc wallet make it.
//
// Whoever has this key can set the machine's price, take it offline and drain
// it, and spend the account's own coins, but can move neither the stake, which
// is the owner's, nor the rent, which goes to payout. So a keyring on a host
// should hold only this key, of an account with coins for gas and nothing else,
// and never the owner's.
package operator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	filering "github.com/99designs/keyring"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/dbc-network/dbc/chain"
)

const (
	// service is dbcd's, so that its keys are found.
	service = "dbc"
	// testPassphrase is what the SDK's backend "test" encrypts with.
	testPassphrase = "test"
	// maxPassphrase bounds in bytes what is read of a passphrase file.
	maxPassphrase = 4096
)

// Config says where the key is.
type Config struct {
	// Name is the key's name.
	Name string
	// Dir has the SDK's folders keyring-test and keyring-file.
	Dir string
	// Test selects the backend "test", which has no passphrase; only devnets use it.
	Test bool
	// PassphraseFile has the passphrase of backend "file" in its first line.
	PassphraseFile string
}

var _ chain.Signer = (*Key)(nil)

// Key signs transactions of the operator. The private key is read for each
// signature and not kept.
type Key struct {
	name   string
	ring   keyring.Keyring
	public cryptotypes.PubKey
}

// Open finds the key and proves that it can be used. It never asks on a
// terminal and writes nothing: a missing keyring is not created.
func Open(cfg Config) (*Key, error) {
	dir, phrase := filepath.Join(cfg.Dir, "keyring-file"), testPassphrase
	if cfg.Test {
		dir = filepath.Join(cfg.Dir, "keyring-test")
	} else {
		var err error
		if phrase, err = passphrase(cfg.PassphraseFile); err != nil {
			return nil, err
		}
	}
	// The library would create the folder, as root in somebody else's home.
	path := filepath.Join(dir, cfg.Name+".info")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look for key %s at %s: %w", cfg.Name, path, ErrNoKey)
	} else if err != nil {
		return nil, fmt.Errorf("look for key %s: %w", cfg.Name, err)
	}
	// The SDK's own constructor asks on the terminal, whatever it was given.
	files, err := filering.Open(filering.Config{
		AllowedBackends: []filering.BackendType{filering.FileBackend}, ServiceName: service, FileDir: dir,
		FilePasswordFunc: func(string) (string, error) { return phrase, nil },
	})
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	k := &Key{name: cfg.Name, ring: keyring.NewInMemoryWithKeyring(files, codec.NewProtoCodec(registry))}
	record, err := k.ring.Key(cfg.Name)
	if err != nil {
		return nil, fmt.Errorf("open key %s at %s: %w: %w", cfg.Name, path, ErrPassphrase, err)
	}
	if k.public, err = record.GetPubKey(); err != nil {
		return nil, fmt.Errorf("read key %s: %w", cfg.Name, err)
	}
	// A key on a ledger or a multisig has a public half but can't sign alone.
	if _, err := k.SignTx(context.Background(), nil); err != nil {
		return nil, err
	}
	return k, nil
}

// Address returns the operator's dbc1….
func (k *Key) Address() string { return chain.Address(k.public) }

// PubKey returns the account's public key.
func (k *Key) PubKey() cryptotypes.PubKey { return k.public }

// SignTx signs a transaction's document.
func (k *Key) SignTx(_ context.Context, signBytes []byte) ([]byte, error) {
	sig, _, err := k.ring.Sign(k.name, signBytes, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return nil, fmt.Errorf("sign with key %s: %w", k.name, err)
	}
	return sig, nil
}

// passphrase returns the first line of a file that nobody but its owner may read.
func passphrase(path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("keyring_passphrase_file is not set: %w", ErrPassphrase)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read the keyring's passphrase: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, at most 0600 is allowed (chmod 600 it): %w", path, mode, ErrMode)
	}
	if !info.Mode().IsRegular() || info.Size() > maxPassphrase {
		return "", fmt.Errorf("%s is not a file of at most %d bytes: %w", path, maxPassphrase, ErrPassphrase)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the keyring's passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("the first line of %s is empty: %w", path, ErrPassphrase)
	}
	return line, nil
}
