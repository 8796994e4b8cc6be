package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// sessionID must not match anything that is signed elsewhere. A request's text
// has line breaks; a ticket's nonce can match and is checked for separately.
var sessionID = regexp.MustCompile(`^[0-9A-Za-z_-]{16,64}$`)

// SessionID returns the id of a ticket's session for one rental. It is
// deterministic, so that sending a ticket repeatedly creates only one session.
func SessionID(machineID, wallet, nonce string, rentID uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "dbc-ticket-session-v1\n%s\n%s\n%s\n%d", machineID, wallet, nonce, rentID))
	return hex.EncodeToString(sum[:])
}

// CheckSessionID refuses anything that is not a session id. A wallet signs an
// id that somebody else chose, so a text with another meaning must not be
// accepted as one.
func CheckSessionID(id string) error {
	if !sessionID.MatchString(id) {
		return fmt.Errorf("%w: field session_id: want 16-64 letters, digits, - and _", ErrMalformed)
	}
	if _, err := ParseTicket(id); err == nil {
		return fmt.Errorf("%w: field session_id is the nonce of a ticket, which would be signed", ErrMalformed)
	}
	return nil
}

// SignSession signs a session id. Whoever holds the id and the signature can
// use the session.
func SignSession(ctx context.Context, s Signer, id string) (sign string, err error) {
	if err := CheckSessionID(id); err != nil {
		return "", err
	}
	if sign, err = s.Sign(ctx, id); err != nil {
		return "", fmt.Errorf("sign session id: %w", err)
	}
	return sign, nil
}

// VerifySession verifies that wallet signed the session id.
func VerifySession(wallet, id, sign string) error {
	if err := CheckSessionID(id); err != nil {
		return err
	}
	signer, err := VerifySign(id, strings.TrimSpace(sign))
	if err != nil {
		return err
	}
	if signer != wallet {
		return fmt.Errorf("%w: field session_id_sign is by %s, not by the session's wallet", ErrSignature, signer)
	}
	return nil
}
