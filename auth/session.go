package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// sessionID: nothing that is signed elsewhere may look like one. A request's text
// has line breaks; a ticket's nonce can have this shape and is asked for apart.
var sessionID = regexp.MustCompile(`^[0-9A-Za-z_-]{16,64}$`)

// SessionID is the id of a ticket's session with one rental: the same call
// gives the same id, so that a ticket sent often leaves one.
func SessionID(machineID, wallet, nonce string, rentID uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "dbc-ticket-session-v1\n%s\n%s\n%s\n%d", machineID, wallet, nonce, rentID))
	return hex.EncodeToString(sum[:])
}

// CheckSessionID refuses what is no session's id. A wallet is asked to sign the
// id of somebody else's choice, so nothing that means more may pass as one.
func CheckSessionID(id string) error {
	if !sessionID.MatchString(id) {
		return fmt.Errorf("%w: field session_id: want 16-64 letters, digits, - and _", ErrMalformed)
	}
	if _, err := ParseTicket(id); err == nil {
		return fmt.Errorf("%w: field session_id is the nonce of a ticket, which would be signed", ErrMalformed)
	}
	return nil
}

// SignSession signs a session's id, for others to use together with the id.
func SignSession(ctx context.Context, s Signer, id string) (sign string, err error) {
	if err := CheckSessionID(id); err != nil {
		return "", err
	}
	if sign, err = s.Sign(ctx, id); err != nil {
		return "", fmt.Errorf("sign session id: %w", err)
	}
	return sign, nil
}

// VerifySession proves that wallet signed the session's id.
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
