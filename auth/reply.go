package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"filippo.io/edwards25519"
)

const replyWord = "dbc-reply-v1"

// SignReply signs a reply with the machine's key over the request it answers,
// and returns the value of HeaderSign.
func SignReply(key ed25519.PrivateKey, requestText string, status int, body []byte) string {
	return hex.EncodeToString(ed25519.Sign(key, replyText(requestText, status, body)))
}

// VerifyReply verifies that the machine gave this reply to this request.
func VerifyReply(machineID, requestText string, status int, body []byte, sign string) error {
	key, err := machineKey(machineID)
	if err != nil {
		return err
	}
	sig, err := decodeHex(sign, 2*ed25519.SignatureSize)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrMalformed, HeaderSign, err)
	}
	if !ed25519.Verify(key, replyText(requestText, status, body), sig) {
		return fmt.Errorf("%w: the reply is not from machine %s, or was changed on the way; do not use it", ErrSignature, machineID)
	}
	return nil
}

func replyText(requestText string, status int, body []byte) []byte {
	request, content := sha256.Sum256([]byte(requestText)), sha256.Sum256(body)
	return []byte(strings.Join([]string{
		replyWord, hex.EncodeToString(request[:]), strconv.Itoa(status), hex.EncodeToString(content[:]),
	}, "\n"))
}

// machineKey decodes the ed25519 key from a machine id. It refuses keys of low
// order: for these there are signatures that verify for any text.
func machineKey(machineID string) (ed25519.PublicKey, error) {
	key, err := decodeHex(machineID, 2*ed25519.PublicKeySize)
	if err != nil {
		return nil, fmt.Errorf("%w: machine id: %w", ErrMalformed, err)
	}
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil {
		return nil, fmt.Errorf("%w: machine id %s is no ed25519 key", ErrMalformed, machineID)
	}
	if point.MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return nil, fmt.Errorf("%w: machine id %s is a key of low order", ErrMalformed, machineID)
	}
	return key, nil
}
