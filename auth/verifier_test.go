package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"pgregory.net/rapid"
)

const (
	testChain   = "dbc-devnet-1"
	testMachine = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c" // RFC 8032, test 2
	testNonce   = "0123456789abcdef"
)

var testNow = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// seen is an in-memory Replay.
type seen map[string]time.Time

func (s seen) Use(_ context.Context, wallet, nonce string, until, _ time.Time) error {
	if _, ok := s[wallet+nonce]; ok {
		return ErrReplayed
	}
	s[wallet+nonce] = until
	return nil
}

// anybody admits every caller.
func anybody(context.Context, Request) error { return nil }

func newVerifier() (*Verifier, seen) {
	s := seen{}
	return &Verifier{ChainID: testChain, MachineID: testMachine, Replay: s, Now: func() time.Time { return testNow }}, s
}

func request(body string) Exact {
	return Exact{
		ChainID: testChain, Method: "POST", Target: "/api/v1/tasks?a=b", MachineID: testMachine,
		BodySHA256: sha256.Sum256([]byte(body)), Time: testNow.Unix(), Nonce: testNonce,
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	signer, other := NewSigner(vectorKey()), NewSigner(secp256k1.PrivKeyFromBytes([]byte{7}))
	for name, c := range map[string]struct {
		// signed changes the request before it is signed, sent changes the
		// header afterwards.
		signed func(*Exact)
		sent   func(header string) string
		want   error
	}{
		"as it should be":      {},
		"two minutes late":     {signed: func(e *Exact) { e.Time -= 120 }},
		"two minutes early":    {signed: func(e *Exact) { e.Time += 120 }},
		"later still":          {signed: func(e *Exact) { e.Time -= 121 }, want: ErrClockSkew},
		"earlier still":        {signed: func(e *Exact) { e.Time += 121 }, want: ErrClockSkew},
		"another method":       {signed: func(e *Exact) { e.Method = "GET" }, want: ErrSignature},
		"another target":       {signed: func(e *Exact) { e.Target = "/api/v1/tasks" }, want: ErrSignature},
		"another body":         {signed: func(e *Exact) { e.BodySHA256[0]++ }, want: ErrSignature},
		"another chain":        {signed: func(e *Exact) { e.ChainID = "dbc-main" }, want: ErrSignature},
		"another machine":      {signed: func(e *Exact) { e.MachineID = strings.Repeat("ab", 32) }, want: ErrSignature},
		"another's wallet":     {sent: func(h string) string { return strings.Replace(h, signer.Address(), other.Address(), 1) }, want: ErrSignature},
		"another nonce":        {sent: func(h string) string { return strings.Replace(h, testNonce, "x"+testNonce, 1) }, want: ErrSignature},
		"no header":            {sent: func(string) string { return "" }, want: ErrMalformed},
		"a session":            {sent: func(h string) string { return h + " " + strings.Repeat("0", 64) }, want: ErrNoSession},
		"two spaces":           {sent: func(h string) string { return strings.Replace(h, " ", "  ", 1) }, want: ErrMalformed},
		"a line break in it":   {sent: func(h string) string { return h + "\n" }, want: ErrMalformed},
		"another version":      {sent: func(h string) string { return "v2" + h[2:] }, want: ErrMalformed},
		"a time with a plus":   {sent: func(h string) string { return strings.Replace(h, " 17", " +17", 1) }, want: ErrMalformed},
		"a short nonce":        {sent: func(h string) string { return strings.Replace(h, testNonce, "abc", 1) }, want: ErrMalformed},
		"a nonce with a slash": {sent: func(h string) string { return strings.Replace(h, testNonce, "/"+testNonce, 1) }, want: ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := request("body")
			if c.signed != nil {
				c.signed(&e)
			}
			sign, err := signer.Sign(t.Context(), e.Text())
			if err != nil {
				t.Fatal(err)
			}
			header := Header(signer.Address(), e.Time, e.Nonce, sign, "")
			if c.sent != nil {
				header = c.sent(header)
			}
			v, used := newVerifier()
			got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", []byte("body"), anybody)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err != nil && (got.Wallet != "" || len(used) > 0) {
				t.Errorf("refused, yet wallet %q and %d nonces used", got.Wallet, len(used))
			}
			if err == nil && (got.Wallet != signer.Address() || got.Text != e.Text()) {
				t.Errorf("got %+v", got)
			}
			if !strings.HasPrefix(got.Text, "dbc-request-v1\n") {
				t.Errorf("no text to sign a refusal over: %q", got.Text)
			}
		})
	}
}

func TestReplayIsRefusedAndKeptLongEnough(t *testing.T) {
	t.Parallel()
	v, used := newVerifier()
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), request(""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); !errors.Is(err, ErrReplayed) {
		t.Errorf("got %v", err)
	}
	for _, until := range used {
		// Once the nonce is forgotten, the time must be refused.
		v.Now, v.Replay = func() time.Time { return until }, seen{}
		if _, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); !errors.Is(err, ErrClockSkew) {
			t.Errorf("when the nonce is forgotten: %v", err)
		}
	}
}

// TestWhoMayNotAskUsesNoNonce verifies that admit is called with the verified
// wallet before the nonce is stored, and is not called for unverified requests.
func TestWhoMayNotAskUsesNoNonce(t *testing.T) {
	t.Parallel()
	v, used := newVerifier()
	signer := NewSigner(vectorKey())
	header, err := SignExact(t.Context(), signer, request(""))
	if err != nil {
		t.Fatal(err)
	}
	errNo, asked := errors.New("no rental"), 0
	refuse := func(_ context.Context, r Request) error {
		if asked++; r.Wallet != signer.Address() {
			t.Errorf("asked about %q", r.Wallet)
		}
		return errNo
	}
	got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, refuse)
	if !errors.Is(err, errNo) || got.Wallet != "" || got.Session != nil || len(used) > 0 || asked != 1 {
		t.Errorf("got %+v, %v; %d nonces used, asked %d times", got, err, len(used), asked)
	}
	if _, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", []byte("other"), refuse); !errors.Is(err, ErrSignature) || asked != 1 {
		t.Errorf("wrongly signed: %v, asked %d times", err, asked)
	}
	if _, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); err != nil || len(used) != 1 {
		t.Errorf("admitted later: %v, %d nonces used", err, len(used))
	}
}

func TestSkewShowsTheServersTime(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier()
	e := request("")
	e.Time = 1
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), e)
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), header, e.Method, e.Target, nil, anybody)
	var skew *SkewError
	if !errors.As(err, &skew) || !skew.Server.Equal(testNow) || !strings.Contains(err.Error(), "1795435200") {
		t.Errorf("got %v", err)
	}
}

func TestExactText(t *testing.T) {
	t.Parallel()
	want := "dbc-request-v1\ndbc-devnet-1\nPOST\n/api/v1/tasks?a=b\n" + testMachine +
		"\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n1795435200\n" + testNonce
	if got := request("").Text(); got != want {
		t.Errorf("got %q", got)
	}
	v, _ := newVerifier()
	without := v.Exact(Credential{}, "GET", "/", nil).Text()
	if !strings.HasSuffix(without, "\n0\n") {
		t.Errorf("without a header: %q", without)
	}
}

func TestFieldsThatWouldShiftOthersAreNotSigned(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Exact){
		"chain":      func(e *Exact) { e.ChainID = "a\nb" },
		"method":     func(e *Exact) { e.Method = "" },
		"target":     func(e *Exact) { e.Target = "/a\n/b" },
		"space":      func(e *Exact) { e.Target = "/a b" },
		"machine":    func(e *Exact) { e.MachineID = "x" },
		"nonce":      func(e *Exact) { e.Nonce = testNonce + "\n" },
		"time":       func(e *Exact) { e.Time = 0 },
		"low order":  func(e *Exact) { e.MachineID = "01" + strings.Repeat("0", 62) },
		"low order2": func(e *Exact) { e.MachineID = strings.Repeat("0", 64) },
	} {
		e := request("")
		spoil(&e)
		if _, err := SignExact(t.Context(), NewSigner(vectorKey()), e); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeaderRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Credential{
			Wallet: vectorAddress, Sign: vectorSign,
			Time:    rapid.Int64Range(1, maxUnix).Draw(t, "time"),
			Nonce:   rapid.StringMatching(`[0-9A-Za-z_-]{16,64}`).Draw(t, "nonce"),
			Session: rapid.SampledFrom([]string{"", strings.Repeat("ab", 32)}).Draw(t, "session"),
		}
		got, err := ParseHeader(Header(c.Wallet, c.Time, c.Nonce, c.Sign, c.Session))
		if err != nil || got != c {
			t.Fatalf("got %+v, %v", got, err)
		}
	})
}

func TestNewNonceIsFresh(t *testing.T) {
	t.Parallel()
	a, b := NewNonce(), NewNonce()
	if a == b || slices.ContainsFunc([]string{a, b}, func(n string) bool { return checkNonce(n) != nil }) {
		t.Errorf("%s, %s", a, b)
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add(Header(vectorAddress, 1795435200, testNonce, vectorSign, ""))
	f.Add(Header(vectorAddress, 1, testNonce, vectorSign, strings.Repeat("0", 64)))
	f.Add("v1     ")
	f.Fuzz(func(t *testing.T, header string) {
		c, err := ParseHeader(header)
		if err != nil {
			if c != (Credential{}) {
				t.Fatal("a refused header left something")
			}
			return
		}
		if again := Header(c.Wallet, c.Time, c.Nonce, c.Sign, c.Session); again != header {
			t.Fatalf("%q is written as %q", header, again)
		}
	})
}
