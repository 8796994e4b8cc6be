package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// Proof is an exact request as it arrived, and the grant of the session that
// signed it. It lets a process that trusts the receiver of the request with
// nothing verify the signature again.
type Proof struct {
	Header string `json:"header"`
	// Method and Target are as on the request line, Body is raw.
	Method string `json:"method"`
	Target string `json:"target"`
	Body   []byte `json:"body,omitempty"`
	// Grant is the text of the session's grant, "" where the wallet signed itself.
	// GrantSign or Multisig is the wallet's signature of it.
	Grant     string    `json:"grant,omitempty"`
	GrantSign string    `json:"grant_sign,omitempty"`
	Multisig  *Multisig `json:"multisig,omitempty"`
}

// Path is the target without its query.
func (p Proof) Path() string {
	path, _, _ := strings.Cut(p.Target, "?")
	return path
}

// Proved is what a Proof shows. Whether its nonce was used before is for the
// caller to remember.
type Proved struct {
	// Wallet signed, itself or by the grant of Session.
	Wallet string
	// Signer is the address of the key that signed; the nonce is unique to it.
	Signer, Nonce string
	Sent          time.Time
	// Session is nil where the wallet signed itself.
	Session *Grant
}

// VerifyProof checks the signatures of p for one machine on one chain. The
// request may have been sent at most window before now and MaxSkew after it.
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

// verifySession checks the grant at the time of the request, when it was valid or not.
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

// WithProof returns a context that carries the request on whose behalf something is done.
func WithProof(ctx context.Context, p Proof) context.Context {
	return context.WithValue(ctx, proofKey{}, p)
}

// ProofFrom returns what WithProof put into ctx.
func ProofFrom(ctx context.Context) (p Proof, ok bool) {
	p, ok = ctx.Value(proofKey{}).(Proof)
	return p, ok
}
