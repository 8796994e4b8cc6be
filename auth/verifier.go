package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
)

// MaxSkew is the maximum distance of a request's time from the server's, in
// either direction.
const MaxSkew = 2 * time.Minute

// Replay remembers which nonces were used. It must survive a restart: otherwise
// a restart within the window would accept a request twice.
type Replay interface {
	// Use marks the nonce of wallet as used, or returns ErrReplayed if it already
	// was. The nonce must be on disk when Use returns, and be kept until until. now
	// is the server's clock. If the clock was ahead and a nonce with a later until
	// has been discarded, Use returns ErrForgotten: it is no longer known whether
	// this nonce was used.
	Use(ctx context.Context, wallet, nonce string, until, now time.Time) error
}

// Granted is a session as stored by the machine that accepted its grant.
type Granted struct {
	Grant
	// Wallet granted the session, by Sign or by Multisig.
	Wallet   string
	Sign     string
	Multisig *Multisig
}

// Sessions looks up sessions that have neither ended nor been revoked.
type Sessions interface {
	// Granted returns ErrNoSession if there is no such session.
	Granted(ctx context.Context, id string, now time.Time) (Granted, error)
}

// Verifier verifies exact requests to one machine on one chain.
type Verifier struct {
	ChainID   string
	MachineID string
	Replay    Replay
	// Sessions may be nil if there are no sessions.
	Sessions Sessions
	// Now returns the server's time. Nil means time.Now.
	Now func() time.Time
}

// Request is a verified request.
type Request struct {
	// Wallet signed the request.
	Wallet string
	// Text is the exact text, over which the reply is signed.
	Text string
	// Session is nil if the wallet signed the request itself.
	Session *Granted
}

// Exact returns the request with the time and nonce of c. With the zero
// Credential it is the text of a request that carried no header.
func (v *Verifier) Exact(c Credential, method, target string, body []byte) Exact {
	return Exact{
		ChainID: v.ChainID, MachineID: v.MachineID,
		Method: method, Target: target, BodySHA256: sha256.Sum256(body),
		Time: c.Time, Nonce: c.Nonce,
	}
}

// Verify verifies the header against the request as it arrived: method, target as
// on the request line, raw body. Text is set even if an error is returned, so that
// the refusal can be signed too; a header that does not parse counts as absent.
//
// admit reports whether the signer may ask at all. The nonce is used up only
// after that: a caller without rights causes no write and can neither fill the
// memory nor use up another caller's nonces.
func (v *Verifier) Verify(
	ctx context.Context, header, method, target string, body []byte, admit func(ctx context.Context, r Request) error,
) (Request, error) {
	c, err := ParseHeader(header)
	e := v.Exact(c, method, target, body)
	req := Request{Text: e.Text()}
	if err != nil {
		return req, err
	}
	if err := e.Validate(); err != nil {
		return req, err
	}
	sent, now := time.Unix(c.Time, 0), v.now()
	if d := now.Sub(sent).Abs(); d > MaxSkew {
		return req, &SkewError{Sent: sent, Server: now}
	}
	signer, err := VerifySign(req.Text, c.Sign)
	if err != nil {
		return req, err
	}
	if c.Session != "" {
		if req.Session, err = v.session(ctx, c, signer); err != nil {
			return req, err
		}
	} else if signer != c.Wallet {
		return req, fmt.Errorf("%w: field wallet is %s, but %s signed", ErrSignature, c.Wallet, signer)
	}
	proved := req
	proved.Wallet = c.Wallet
	if err := admit(ctx, proved); err != nil {
		return req, err
	}
	// One second more than the window, because a time exactly at its edge is
	// still accepted.
	if err := v.Replay.Use(ctx, signer, c.Nonce, sent.Add(MaxSkew+time.Second), now); err != nil {
		return req, fmt.Errorf("use nonce: %w", err)
	}
	return proved, nil
}

// session returns the session that c names, provided that signer is its key and
// c.Wallet granted it.
func (v *Verifier) session(ctx context.Context, c Credential, signer string) (*Granted, error) {
	if v.Sessions == nil {
		return nil, fmt.Errorf("%w: field session: %s; sign with the wallet", ErrNoSession, c.Session)
	}
	g, err := v.Sessions.Granted(ctx, c.Session, v.now())
	if err != nil {
		return nil, fmt.Errorf("find session %s: %w", c.Session, err)
	}
	key, err := g.Address()
	if err != nil {
		return nil, err
	}
	if signer != key || c.Wallet != g.Wallet {
		return nil, fmt.Errorf("%w: field session is for the key of %s and wallet %s, but %s signed for %s",
			ErrSignature, key, g.Wallet, signer, c.Wallet)
	}
	return &g, nil
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}
