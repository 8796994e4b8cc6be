package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/btcsuite/btcd/btcutil/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/cosmos/go-bip39"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/zalando/go-keyring"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/auth/words"
)

const (
	// keyLimit bounds what is read from standard input; 24 words are shorter.
	keyLimit = 1024
	// service is the name of the keyring's entries; the wallet is their user.
	service = "dbc"
	// noKeyring says what to do if the keyring does not answer.
	noKeyring = "it is available, and unlocked, in a desktop session; elsewhere use - and pass the key on standard input"
)

// path is m/44'/118'/0'/0/0, the derivation path of Cosmos wallets and the
// SDK's keyring.
var path = []uint32{
	hdkeychain.HardenedKeyStart + 44, hdkeychain.HardenedKeyStart + 118, hdkeychain.HardenedKeyStart, 0, 0,
}

// secret is a private key or mnemonic as it was entered. It prints as dots.
type secret string

// String returns dots.
func (secret) String() string { return "••••" }

// Format writes dots for every verb.
func (secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "••••") }

// signerOf reads the key from the place that the order names and verifies that
// it belongs to the wallet: a ticket for another wallet would only be refused
// later by the node.
func signerOf(o order, in *os.File, errs io.Writer) (auth.Signer, error) {
	if err := auth.CheckWallet(o.wallet); err != nil {
		// Unquoted, because it may be a key in the wrong place.
		return nil, fmt.Errorf("WALLET: %w", err)
	}
	text, err := find(o, in, errs)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, err
	}
	signer := auth.NewSigner(key)
	if signer.Address() != o.wallet {
		return nil, fmt.Errorf("%w: WALLET is %s, but the key is of %s; nothing was signed", errWallet, o.wallet, signer.Address())
	}
	if !o.save {
		return signer, nil
	}
	if err := keyring.Set(service, o.wallet, string(text)); err != nil {
		return nil, fmt.Errorf("save the key of %s in the system's keyring: %w; nothing was signed: %s", o.wallet, err, noKeyring)
	}
	return signer, nil
}

func find(o order, in *os.File, errs io.Writer) (secret, error) {
	if o.keyring {
		text, err := keyring.Get(service, o.wallet)
		switch {
		case errors.Is(err, keyring.ErrNotFound):
			return "", fmt.Errorf("read the key of %s from the system's keyring: %w: --save stores it there", o.wallet, err)
		case err != nil:
			return "", fmt.Errorf("read the key of %s from the system's keyring: %w: %s", o.wallet, err, noKeyring)
		}
		return secret(text), nil
	}
	if o.given {
		fmt.Fprintln(errs, "sign_tool: warning: a key on the command line stays in the shell's history and is visible to other users; "+
			"use - and pass the key on standard input instead")
		return o.Key, nil
	}
	if !term.IsTerminal(int(in.Fd())) {
		return read(in)
	}
	if o.Key != "-" {
		return "", fmt.Errorf("%w: PRIVATE_KEY is missing; give - to type it", errUsage)
	}
	fmt.Fprint(errs, "private key or mnemonic (not shown): ")
	text, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(errs)
	if err != nil {
		return "", fmt.Errorf("read the key: %w", err)
	}
	return secret(text), nil
}

func read(in io.Reader) (secret, error) {
	text, err := io.ReadAll(io.LimitReader(in, keyLimit+1))
	if err != nil {
		return "", fmt.Errorf("read the key from standard input: %w", err)
	}
	if len(text) > keyLimit {
		return "", fmt.Errorf("%w: standard input has more than %d bytes", errKey, keyLimit)
	}
	return secret(text), nil
}

// parseKey parses 64 hexadecimal digits or a BIP-39 mnemonic. Its errors reveal
// nothing about the text.
func parseKey(text secret) (*secp256k1.PrivateKey, error) {
	fields := strings.Fields(string(text))
	switch len(fields) {
	case 0:
		return nil, fmt.Errorf("%w: it is empty", errKey)
	case 1:
		digits := strings.TrimPrefix(strings.ToLower(strings.Trim(fields[0], `"'`)), "0x")
		if strings.Trim(digits, "0123456789abcdef") == "" || words.Count(words.Tidy(digits)) < 12 {
			return scalar(digits)
		}
	}
	mnemonic := words.Tidy(string(text))
	seed, err := bip39.NewSeedWithErrorChecking(mnemonic, "")
	if err != nil {
		return nil, fmt.Errorf("%w: the %d words are not a mnemonic; check each word and their order", errKey, words.Count(mnemonic))
	}
	return derive(seed)
}

func scalar(digits string) (*secp256k1.PrivateKey, error) {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != 32 {
		return nil, fmt.Errorf("%w: want 64 hexadecimal digits or a mnemonic in quotes", errKey)
	}
	var s secp256k1.ModNScalar
	if s.SetByteSlice(b) || s.IsZero() {
		return nil, fmt.Errorf("%w: the number is not in the curve's range", errKey)
	}
	return secp256k1.NewPrivateKey(&s), nil
}

func derive(seed []byte) (*secp256k1.PrivateKey, error) {
	// The network only affects the text form of extended keys, which is not
	// used.
	key, err := hdkeychain.NewMaster(seed, &chaincfg.MainNetParams)
	if err != nil {
		return nil, fmt.Errorf("%w: no master key can be derived from the mnemonic", errKey)
	}
	for _, index := range path {
		if key, err = key.Derive(index); err != nil {
			return nil, fmt.Errorf("%w: no key at m/44'/118'/0'/0/0 can be derived from the mnemonic", errKey)
		}
	}
	return key.ECPrivKey()
}
