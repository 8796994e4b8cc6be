package auth

import (
	"context"
	"crypto/sha256"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// Signer signs texts for a wallet or session key. A keyring implements it with
// SignDoc and EncodeSign.
type Signer interface {
	// Address returns the bech32 address of the key.
	Address() string
	// Sign returns a signature over text in the format that VerifySign expects.
	Sign(ctx context.Context, text string) (sign string, err error)
}

var _ Signer = (*keySigner)(nil)

type keySigner struct {
	key     *secp256k1.PrivateKey
	address string
}

// NewSigner returns a signer with a private key in memory.
func NewSigner(key *secp256k1.PrivateKey) Signer {
	// The public key of a private key always has an address.
	address, _ := Address(key.PubKey().SerializeCompressed())
	return &keySigner{key: key, address: address}
}

// Address returns the bech32 address of the key.
func (s *keySigner) Address() string { return s.address }

// Sign signs the ADR-036 document of text.
func (s *keySigner) Sign(_ context.Context, text string) (string, error) {
	digest := sha256.Sum256(SignDoc(text, s.address))
	sig := ecdsa.Sign(s.key, digest[:])
	r, sc := sig.R(), sig.S()
	rb, sb := r.Bytes(), sc.Bytes()
	return EncodeSign(s.key.PubKey().SerializeCompressed(), append(rb[:], sb[:]...))
}
