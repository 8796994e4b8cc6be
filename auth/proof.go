package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// Proof is an exact request as it arrived, together with the grant of the
// session that signed it. It allows a process that does not trust the receiver
// of the request to verify the signature itself.
type Proof struct {
	Header string `json:"header"`
	// Method and Target are as on the request line. Body is the raw body.
	Method string `json:"method"`
	Target string `json:"target"`
	Body   []byte `json:"body,omitempty"`
	// Grant is the text of the session's grant, or "" if the wallet signed the
	// request itself. GrantSign or Multisig is the wallet's signature of the
	// grant.
	Grant     string    `json:"grant,omitempty"`
	GrantSign string    `json:"grant_sign,omitempty"`
	Multisig  *Multisig `json:"multisig,omitempty"`
}

// Path returns the target without its query.
func (p Proof) Path() string {
	path, _, _ := strings.Cut(p.Target, "?")
	return path
}

// Proved is the verified content of a Proof. The caller has to check whether
// its nonce was used before.
type Proved struct {
	// Wallet signed the request, either itself or through the grant of Session.
	Wallet string
	// Signer is the address of the key that signed. A nonce is unique per
	// signer.
	Signer, Nonce string
	Sent          time.Time
	// Session is nil if the wallet signed the request itself.
	Session *Grant
}

// VerifyProof verifies the signatures of p for one machine on one chain. The
// request must have been sent between now-window and now+MaxSkew.
func VerifyProof(p Proof, chainID, machineID string, now time.Time, window time.Duration) (Proved, error) {
	c, err := ParseHeader(p.Header)
	if err != nil {
		return Proved{}, err
	}
	e := Exact{
		ChainID: chainID, MachineID: machineID, Method: p.Method, Target: p.Target,
		BodySHA256: sha256.Sum256(p.Body), Time: c.Time, Nonce: c.Nonce,
	}
	if err := e.Validate(); err != nil {
		return Proved{}, err
	}
	sent := time.Unix(c.Time, 0)
	if now.Sub(sent) > window || sent.Sub(now) > MaxSkew {
		return Proved{}, &SkewError{Sent: sent, Server: now}
	}
	out := Proved{Wallet: c.Wallet, Nonce: c.Nonce, Sent: sent}
	if out.Signer, err = VerifySign(e.Text(), c.Sign); err != nil {
		return Proved{}, err
	}
	if c.Session == "" {
		if out.Signer != c.Wallet {
			return Proved{}, fmt.Errorf("%w: field wallet is %s, but %s signed", ErrSignature, c.Wallet, out.Signer)
		}
		return out, nil
	}
	if out.Session, err = verifySession(p, c, out.Signer, chainID, machineID, sent); err != nil {
		return Proved{}, err
	}
	return out, nil
}

// verifySession verifies the grant, and that it was valid when the request was
// sent.
func verifySession(p Proof, c Credential, signer, chainID, machineID string, sent time.Time) (*Grant, error) {
	g, err := ParseGrant(p.Grant)
	if err != nil {
		return nil, err
	}
	wallet, err := VerifyGrant(g, p.GrantSign, p.Multisig, chainID, machineID, sent)
	if err != nil {
		return nil, err
	}
	key, err := g.Address()
	if err != nil {
		return nil, err
	}
	if g.ID() != c.Session || wallet != c.Wallet || signer != key {
		return nil, fmt.Errorf("%w: the grant is of %s to %s, but %s signed for %s", ErrSignature, wallet, key, signer, c.Wallet)
	}
	return &g, nil
}

type proofKey struct{}

// WithProof returns a context that carries the request on whose behalf the work
// is done.
func WithProof(ctx context.Context, p Proof) context.Context {
	return context.WithValue(ctx, proofKey{}, p)
}

// ProofFrom returns the proof that WithProof stored in ctx.
func ProofFrom(ctx context.Context) (p Proof, ok bool) {
	p, ok = ctx.Value(proofKey{}).(Proof)
	return p, ok
}
