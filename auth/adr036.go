package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

const (
	pubKeySize = secp256k1.PubKeyBytesLenCompressed
	sigSize    = 64
	// signHexLen is the length of an encoded signature: hex of the public key,
	// r and s.
	signHexLen = 2 * (pubKeySize + sigSize)
)

// SignDoc returns the document a wallet signs for text: the amino JSON of
// ADR-036 with sorted keys, as Keplr's signArbitrary builds it. signerAddress
// is bech32.
//
// Neither value contains characters that JSON escapes (one is base64, the other
// an address that the callers in this package have checked), so the values are
// inserted as they are.
func SignDoc(text, signerAddress string) []byte {
	return []byte(`{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"",` +
		`"msgs":[{"type":"sign/MsgSignData","value":{"data":"` +
		base64.StdEncoding.EncodeToString([]byte(text)) +
		`","signer":"` + signerAddress + `"}}],"sequence":"0"}`)
}

// EncodeSign encodes a signature as requests carry it: hex of the 33-byte
// public key, then r and s. It refuses a high s and a key that is not a point
// on the curve, because every verifier would.
func EncodeSign(pubKey, sig []byte) (string, error) {
	if _, err := parsePubKey(pubKey); err != nil {
		return "", err
	}
	if _, err := parseSignature(sig); err != nil {
		return "", err
	}
	return hex.EncodeToString(pubKey) + hex.EncodeToString(sig), nil
}

// VerifySign verifies that sign is a signature over text and returns the bech32
// address of the key that made it. Any key is accepted: the caller compares the
// address.
func VerifySign(text, sign string) (address string, err error) {
	pubKey, sig, err := decodeSign(sign)
	if err != nil {
		return "", err
	}
	key, err := parsePubKey(pubKey)
	if err != nil {
		return "", err
	}
	signature, err := parseSignature(sig)
	if err != nil {
		return "", err
	}
	if address, err = Address(pubKey); err != nil {
		return "", err
	}
	digest := sha256.Sum256(SignDoc(text, address))
	if !signature.Verify(digest[:], key) {
		return "", fmt.Errorf("%w: field sign does not fit the text and the key of %s; sign exactly this text again", ErrSignature, address)
	}
	return address, nil
}

func decodeSign(sign string) (pubKey, sig []byte, err error) {
	raw, err := decodeHex(sign, signHexLen)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: field sign: %w; it is the public key, then r and s", ErrMalformed, err)
	}
	return raw[:pubKeySize], raw[pubKeySize:], nil
}

// decodeHex decodes exactly n lower-case hex digits, so that each value has
// only one spelling.
func decodeHex(s string, n int) ([]byte, error) {
	if len(s) != n {
		return nil, fmt.Errorf("%d characters, want %d lower-case hex digits", len(s), n)
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return nil, fmt.Errorf("a character is not a lower-case hex digit")
		}
	}
	return hex.DecodeString(s)
}

func parsePubKey(b []byte) (*secp256k1.PublicKey, error) {
	if len(b) != pubKeySize {
		return nil, fmt.Errorf("%w: public key has %d bytes, want %d (compressed)", ErrMalformed, len(b), pubKeySize)
	}
	key, err := secp256k1.ParsePubKey(b)
	if err != nil {
		return nil, fmt.Errorf("%w: public key: %w", ErrMalformed, err)
	}
	return key, nil
}

// parseSignature parses r and s, each in [1, n), with s in the lower half of
// the order. Without that bound anyone could derive a second valid signature
// from the first.
func parseSignature(b []byte) (*ecdsa.Signature, error) {
	if len(b) != sigSize {
		return nil, fmt.Errorf("%w: signature has %d bytes, want %d (r, then s)", ErrMalformed, len(b), sigSize)
	}
	var r, s secp256k1.ModNScalar
	if r.SetByteSlice(b[:sigSize/2]) || s.SetByteSlice(b[sigSize/2:]) || r.IsZero() || s.IsZero() {
		return nil, fmt.Errorf("%w: r or s of the signature is out of range", ErrMalformed)
	}
	if s.IsOverHalfOrder() {
		return nil, fmt.Errorf("%w: s of the signature is in the upper half; use the lower one", ErrMalformed)
	}
	return ecdsa.NewSignature(&r, &s), nil
}
