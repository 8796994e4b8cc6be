package auth

import (
	"context"
	"errors"
	"testing"
	"time"
)

var errDisk = errors.New("disk")

// minted is an in-memory Sessions.
type minted map[string]Granted

func (m minted) Granted(_ context.Context, id string, now time.Time) (Granted, error) {
	g, ok := m[id]
	if !ok || !now.Before(time.Unix(g.Expiry, 0)) {
		return Granted{}, ErrNoSession
	}
	return g, nil
}

// brokenReplay cannot store anything.
type brokenReplay struct{}

func (brokenReplay) Use(context.Context, string, string, time.Time, time.Time) error { return errDisk }

func TestVerifyBySession(t *testing.T) {
	t.Parallel()
	grant := testGrant()
	wallet, session := NewSigner(key(7)), NewSigner(key(9))
	granted := Granted{Grant: grant, Wallet: wallet.Address()}
	broken := granted
	broken.PublicKey = "02"
	for name, c := range map[string]struct {
		signer   Signer
		wallet   string
		id       string
		sessions Sessions
		want     error
	}{
		"by its key":              {session, wallet.Address(), grant.ID(), minted{grant.ID(): granted}, nil},
		"by the wallet":           {wallet, wallet.Address(), grant.ID(), minted{grant.ID(): granted}, ErrSignature},
		"for another wallet":      {session, vectorAddress, grant.ID(), minted{grant.ID(): granted}, ErrSignature},
		"for the key's wallet":    {session, session.Address(), grant.ID(), minted{grant.ID(): granted}, ErrSignature},
		"with an id of nobody":    {session, wallet.Address(), grant.ID(), minted{}, ErrNoSession},
		"where there are none":    {session, wallet.Address(), grant.ID(), nil, ErrNoSession},
		"whose key can't be read": {session, wallet.Address(), grant.ID(), minted{grant.ID(): broken}, ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header, err := SignExactAs(t.Context(), c.signer, c.wallet, c.id, request("body"))
			if err != nil {
				t.Fatal(err)
			}
			v, used := newVerifier()
			v.Sessions = c.sessions
			got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", []byte("body"), anybody)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil {
				if got.Wallet != "" || got.Session != nil || len(used) > 0 {
					t.Errorf("refused, yet %+v, and %d nonces used", got, len(used))
				}
				return
			}
			if got.Wallet != wallet.Address() || got.Session == nil || *got.Session != granted {
				t.Errorf("got %+v", got)
			}
			// The nonce belongs to the key, not the wallet, so nobody can use
			// up a colleague's nonces.
			if _, ok := used[session.Address()+testNonce]; !ok || len(used) != 1 {
				t.Errorf("used %v", used)
			}
		})
	}
}

func TestSessionThatIsOver(t *testing.T) {
	t.Parallel()
	grant := testGrant()
	header, err := SignExactAs(t.Context(), NewSigner(key(9)), NewSigner(key(7)).Address(), grant.ID(), request(""))
	if err != nil {
		t.Fatal(err)
	}
	grant.Expiry = testNow.Unix()
	v, _ := newVerifier()
	v.Sessions = minted{testGrant().ID(): {Grant: grant, Wallet: NewSigner(key(7)).Address()}}
	if _, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); !errors.Is(err, ErrNoSession) {
		t.Errorf("got %v", err)
	}
}

// TestNonceThatCannotBeKept refuses a request whose nonce could not be written
// to disk.
func TestNonceThatCannotBeKept(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier()
	v.Replay = brokenReplay{}
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), request(""))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); !errors.Is(err, errDisk) || got.Wallet != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestVerifierWithoutAClockUsesTheSystems(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier()
	v.Now = nil
	e := request("")
	e.Time = time.Now().Unix()
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), header, e.Method, e.Target, nil, anybody); err != nil {
		t.Error(err)
	}
}

// lost is a signer whose wallet does not answer.
type lost struct{}

func (lost) Address() string                              { return vectorAddress }
func (lost) Sign(context.Context, string) (string, error) { return "half", errDisk }

func TestSignerThatFails(t *testing.T) {
	t.Parallel()
	ticket, err := NewTicket(testNow, time.Hour, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, sign := range map[string]func() (string, error){
		"request": func() (string, error) { return SignExact(t.Context(), lost{}, request("")) },
		"ticket":  func() (string, error) { return SignTicket(t.Context(), lost{}, ticket) },
		"session": func() (string, error) { return SignSession(t.Context(), lost{}, "0123456789abcdef") },
		"grant":   func() (string, error) { return SignGrant(t.Context(), lost{}, testGrant()) },
	} {
		if got, err := sign(); !errors.Is(err, errDisk) || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
