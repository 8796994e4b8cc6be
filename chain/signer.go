package chain

import (
	"context"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
)

// Signer is an account's key, wherever it is stored. market.Wallet of client/market
// implements it with the SDK's keyring; NewKeySigner with a private key.
type Signer interface {
	// PubKey returns the public key of the account that pays for the
	// transaction.
	PubKey() cryptotypes.PubKey
	// SignTx signs the bytes of a SIGN_MODE_DIRECT document.
	SignTx(ctx context.Context, signBytes []byte) ([]byte, error)
}

type keySigner struct{ key cryptotypes.PrivKey }

// NewKeySigner returns a signer with a private key in memory.
func NewKeySigner(key cryptotypes.PrivKey) Signer { return keySigner{key} }

// PubKey implements Signer.
func (s keySigner) PubKey() cryptotypes.PubKey { return s.key.PubKey() }

// SignTx implements Signer.
func (s keySigner) SignTx(_ context.Context, signBytes []byte) ([]byte, error) {
	return s.key.Sign(signBytes)
}
