package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

const (
	requestWord = "dbc-request-v1"

	minNonce = 16
	maxNonce = 64
	maxField = 4096
)

// Exact is a request as covered by an exact signature.
type Exact struct {
	ChainID string
	// Method is upper-case. Target is path?query as on the request line.
	Method, Target string
	MachineID      string
	// BodySHA256 is the hash of the raw body, or of zero bytes if there is
	// none.
	BodySHA256 [32]byte
	// Time is in Unix seconds. Time is 0 and Nonce is empty if the request
	// carried no header and the text is only used to sign a reply.
	Time  int64
	Nonce string
}

// Text returns the text to sign: a fixed word, then one field per line.
func (e Exact) Text() string {
	return strings.Join([]string{
		requestWord, e.ChainID, e.Method, e.Target, e.MachineID,
		hex.EncodeToString(e.BodySHA256[:]), strconv.FormatInt(e.Time, 10), e.Nonce,
	}, "\n")
}

// Validate refuses fields that no request has or that could be taken for other
// fields: a line break would shift everything after it.
func (e Exact) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"chain id", e.ChainID}, {"method", e.Method}, {"target", e.Target},
	} {
		if f.value == "" || len(f.value) > maxField {
			return fmt.Errorf("%w: %s has %d bytes, want 1-%d", ErrMalformed, f.name, len(f.value), maxField)
		}
		if strings.ContainsFunc(f.value, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return fmt.Errorf("%w: %s has a space or a control character; escape it", ErrMalformed, f.name)
		}
	}
	if _, err := machineKey(e.MachineID); err != nil {
		return err
	}
	if err := checkTime(e.Time); err != nil {
		return err
	}
	return checkNonce(e.Nonce)
}

// NewNonce returns a nonce for one request.
func NewNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b[:])
}

// SignExact signs e and returns the value for HeaderName.
func SignExact(ctx context.Context, s Signer, e Exact) (header string, err error) {
	return SignExactAs(ctx, s, s.Address(), "", e)
}

// SignExactAs signs e with a session's key on behalf of the wallet that granted
// the session.
func SignExactAs(ctx context.Context, s Signer, wallet, session string, e Exact) (header string, err error) {
	if err := e.Validate(); err != nil {
		return "", err
	}
	sign, err := s.Sign(ctx, e.Text())
	if err != nil {
		return "", fmt.Errorf("sign request: %w", err)
	}
	return Header(wallet, e.Time, e.Nonce, sign, session), nil
}

func checkNonce(nonce string) error {
	if len(nonce) < minNonce || len(nonce) > maxNonce {
		return fmt.Errorf("%w: field nonce has %d characters, want %d-%d", ErrMalformed, len(nonce), minNonce, maxNonce)
	}
	for _, c := range []byte(nonce) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_':
		default:
			return fmt.Errorf("%w: field nonce: only letters, digits, - and _ are allowed", ErrMalformed)
		}
	}
	return nil
}
