package market

import (
	"context"
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/chain"
)

var (
	_ chain.Signer = (*Wallet)(nil)
	_ auth.Signer  = (*Wallet)(nil)
)

// Wallet is one key of a keyring. It signs transactions and requests; the key
// itself stays in the keyring.
type Wallet struct {
	// Name is the wallet's name in the keyring.
	Name string

	ring    keyring.Keyring
	key     cryptotypes.PubKey
	address string
}

func newWallet(ring keyring.Keyring, record *keyring.Record) (*Wallet, error) {
	key, err := record.GetPubKey()
	if err != nil {
		return nil, fmt.Errorf("read wallet %q: %w", record.Name, err)
	}
	return &Wallet{Name: record.Name, ring: ring, key: key, address: chain.Address(key)}, nil
}

// Address returns the dbc1… address.
func (w *Wallet) Address() string { return w.address }

// PubKey returns the account's public key.
func (w *Wallet) PubKey() cryptotypes.PubKey { return w.key }

// SignTx signs a transaction's document.
func (w *Wallet) SignTx(_ context.Context, signBytes []byte) ([]byte, error) {
	sig, _, err := w.ring.Sign(w.Name, signBytes, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return nil, fmt.Errorf("sign with wallet %s: %w", w.Name, err)
	}
	return sig, nil
}

// Sign signs a text as Keplr's signArbitrary does.
func (w *Wallet) Sign(_ context.Context, text string) (string, error) {
	doc := auth.SignDoc(text, w.address)
	sig, key, err := w.ring.Sign(w.Name, doc, signing.SignMode_SIGN_MODE_LEGACY_AMINO_JSON)
	if err != nil {
		return "", fmt.Errorf("sign with wallet %s: %w", w.Name, err)
	}
	return auth.EncodeSign(key.Bytes(), sig)
}

func accAddress(account []byte) sdk.AccAddress { return sdk.AccAddress(account) }
