package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"
)

// MaxSkew is how far a request's time may lie from the server's, either way.
const MaxSkew = 2 * time.Minute

// Replay remembers which nonces were used. It must outlive the process: a
// restart inside the window would otherwise let a request in twice.
type Replay interface {
	// Use takes the nonce of wallet, or returns ErrReplayed where it was taken.
	// It has to be on disk when Use returns, and kept until until; now is the
	// server's clock. Once any nonce
	// with a later until was forgotten, because a clock said so, it is
	// ErrForgotten: whether this one was used can't be told.
	Use(ctx context.Context, wallet, nonce string, until, now time.Time) error
}

// Granted is a session as the one who minted it keeps it.
type Granted struct {
	Grant
	// Wallet granted it, by Sign or by Multisig.
	Wallet   string
	Sign     string
	Multisig *Multisig
}

// Sessions knows the sessions that were minted and are neither over nor revoked.
type Sessions interface {
	// Granted is ErrNoSession where there is none.
	Granted(ctx context.Context, id string, now time.Time) (Granted, error)
}

// Verifier checks exact requests to one machine on one chain.
type Verifier struct {
	ChainID   string
	MachineID string
	Replay    Replay
	// Sessions may be nil: then there are none.
	Sessions Sessions
	// Now is the server's clock; nil is time.Now.
	Now func() time.Time
}

// Request is what is proved about one.
type Request struct {
	// Wallet signed the request.
	Wallet string
	// Text is the exact text, which a reply is signed over.
	Text string
	// Session is nil where the wallet signed itself.
	Session *Granted
}

// Exact is the request with the time and nonce of c; of the zero Credential, the
// text of a request that carried no header.
func (v *Verifier) Exact(c Credential, method, target string, body []byte) Exact {
	return Exact{
		ChainID: v.ChainID, MachineID: v.MachineID,
		Method: method, Target: target, BodySHA256: sha256.Sum256(body),
		Time: c.Time, Nonce: c.Nonce,
	}
}

// Verify checks the header against the request as it arrived: method, target
// as on the request line, raw body. Text is set even with an error, so that
// the refusal can be signed too; the header counts as absent where it does not
// parse. admit says whether who signed may ask at all; only then the nonce is
// used up, so a caller without rights costs no write, and nobody can fill the
// memory or burn another's nonce.
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
	// A second more than the window: at its very edge the time still passes.
	if err := v.Replay.Use(ctx, signer, c.Nonce, sent.Add(MaxSkew+time.Second), now); err != nil {
		return req, fmt.Errorf("use nonce: %w", err)
	}
	return proved, nil
}

// session is the one that c names, if signer is its key and c.Wallet granted it.
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
