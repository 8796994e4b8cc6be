package auth

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/btcutil/bech32"
)

// maxMembers bounds the members of a multisig wallet, and with them the
// signatures that one call verifies.
const maxMembers = 32

// Amino prefixes of the SDK's key types tendermint/PubKeyMultisigThreshold and
// tendermint/PubKeySecp256k1.
var (
	aminoMultisig  = []byte{0x22, 0xc1, 0xf7, 0xe2}
	aminoSecp256k1 = []byte{0xeb, 0x5a, 0xe9, 0x87, pubKeySize}
)

// Address returns the bech32 address of the SDK's LegacyAminoPubKey.
func (m Multisig) Address() (string, error) {
	address, _, err := m.addresses()
	return address, err
}

// Members returns the addresses of the keys, in their order.
func (m Multisig) Members() ([]string, error) {
	_, members, err := m.addresses()
	return members, err
}

// addresses returns the wallet's address and its members'.
func (m Multisig) addresses() (address string, members []string, err error) {
	if len(m.PublicKeys) > maxMembers || m.Threshold < 1 || m.Threshold > len(m.PublicKeys) {
		return "", nil, fmt.Errorf("%w: multisig of %d out of %d keys, want 1-%d keys and a threshold within them",
			ErrMalformed, m.Threshold, len(m.PublicKeys), maxMembers)
	}
	text := binary.AppendUvarint(append(slices.Clone(aminoMultisig), 0x08), uint64(m.Threshold))
	for _, digits := range m.PublicKeys {
		raw, err := decodeHex(digits, 2*pubKeySize)
		if err != nil {
			return "", nil, fmt.Errorf("%w: field public_keys: %w", ErrMalformed, err)
		}
		member, err := Address(raw)
		if err != nil {
			return "", nil, err
		}
		if slices.Contains(members, member) {
			return "", nil, fmt.Errorf("%w: field public_keys: %s is there twice; a member counts once", ErrMalformed, member)
		}
		members = append(members, member)
		text = append(text, 0x12, byte(len(aminoSecp256k1)+pubKeySize))
		text = append(append(text, aminoSecp256k1...), raw...)
	}
	sum := sha256.Sum256(text)
	if address, err = bech32.EncodeFromBase256(AddressPrefix, sum[:addressSize]); err != nil {
		return "", nil, fmt.Errorf("encode address: %w", err)
	}
	return address, members, nil
}

// verify verifies that enough members signed text, each of them once.
func (m Multisig) verify(text string) (address string, members []string, err error) {
	if address, members, err = m.addresses(); err != nil {
		return "", nil, err
	}
	if len(m.Signs) > len(members) {
		return "", nil, fmt.Errorf("%w: field signs has %d for %d members", ErrMalformed, len(m.Signs), len(members))
	}
	signed := map[string]bool{}
	for _, sign := range m.Signs {
		member, err := VerifySign(text, strings.TrimSpace(sign))
		if err != nil {
			return "", nil, err
		}
		if !slices.Contains(members, member) {
			return "", nil, fmt.Errorf("%w: field signs: %s is no member of %s", ErrSignature, member, address)
		}
		if signed[member] {
			return "", nil, fmt.Errorf("%w: field signs: %s is there twice; a member counts once", ErrSignature, member)
		}
		signed[member] = true
	}
	if len(signed) < m.Threshold {
		return "", nil, fmt.Errorf("%w: field signs: %d members of %s signed, %d are needed", ErrSignature, len(signed), address, m.Threshold)
	}
	return address, members, nil
}
