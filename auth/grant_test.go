package auth

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// key returns the private key whose value is b.
func key(b byte) *secp256k1.PrivateKey { return secp256k1.PrivKeyFromBytes([]byte{b}) }

func publicKey(b byte) string { return hex.EncodeToString(key(b).PubKey().SerializeCompressed()) }

func testGrant() Grant {
	return Grant{
		ChainID: testChain, MachineID: testMachine, RentID: 12345, PublicKey: publicKey(9), Scope: ScopeOperate,
		Expiry: testNow.Add(time.Hour).Unix(),
	}
}

// grantFields returns the lines of testGrant.
func grantFields() []string {
	return []string{"dbc-session-v1", testChain, testMachine, "12345", publicKey(9), "operate", "1795438800"}
}

func TestGrantText(t *testing.T) {
	t.Parallel()
	g := testGrant()
	if want := strings.Join(grantFields(), "\n"); g.Text() != want {
		t.Errorf("got %q", g.Text())
	}
	if g.ID() != "55d61c7e264a5cf5df4a447a401e3920b79317f482406e53919c308a0ee5402d" {
		t.Errorf("id %s", g.ID())
	}
	if address, err := g.Address(); err != nil || address != NewSigner(key(9)).Address() {
		t.Errorf("address %s, %v", address, err)
	}
}

func TestParseGrant(t *testing.T) {
	t.Parallel()
	for word, scope := range map[string]Scope{"read": ScopeRead, "operate": ScopeOperate, "full": ScopeFull} {
		want := testGrant()
		want.Scope = scope
		if got, err := ParseGrant(want.Text()); err != nil || got != want || scope.String() != word {
			t.Errorf("%s: got %+v, %v", word, got, err)
		}
	}
}

func TestParseGrantRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		line  int
		field string
		// says is a part of the expected refusal.
		says string
	}{
		"another word":          {0, "dbc-session-v2", "lines that begin with"},
		"no chain":              {1, "", "chain id"},
		"a space in the chain":  {1, "dbc devnet", "chain id"},
		"a delete in the chain": {1, "dbc\x7fdevnet", "chain id"},
		"no machine":            {2, "", "machine id"},
		"a machine in capitals": {2, strings.ToUpper(testMachine), "machine id"},
		"no point":              {2, strings.Repeat("ff", 31) + "7e", "no ed25519 key"},
		"no rental":             {3, "", "rental is no number"},
		"rental 0":              {3, "0", "rental is 0"},
		"rental with a zero":    {3, "012345", "not written canonically"},
		"rental in hex":         {3, "3a", "rental is no number"},
		"rental below 0":        {3, "-1", "rental is no number"},
		"rental beyond 64 bits": {3, "18446744073709551616", "rental is no number"},
		"no key":                {4, "", "public key"},
		"a short key":           {4, publicKey(9)[2:], "the session's public key: 64 characters"},
		"a key that is none":    {4, "02" + strings.Repeat("f", 64), "public key"},
		"no scope":              {5, "", "field scope"},
		"an unknown scope":      {5, "admin", "field scope"},
		"a scope in capitals":   {5, "Read", "field scope"},
		"no expiry":             {6, "", "expiry is no number"},
		"expiry in hex":         {6, "3a", "expiry is no number"},
		"expiry 0":              {6, "0", "time 0"},
		"expiry with a plus":    {6, "+1795438800", "not written canonically"},
		"expiry after 9999":     {6, "253402300800", "time 253402300800"},
		"one line more":         {6, "1795438800\n", "lines that begin with"},
		"many lines more":       {6, strings.Repeat("\n", MaxGrant), "at most 1024"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := grantFields()
			f[c.line] = c.field
			g, err := ParseGrant(strings.Join(f, "\n"))
			if !errors.Is(err, ErrMalformed) || g != (Grant{}) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v, %v", g, err)
			}
		})
	}
	if _, err := ParseGrant(strings.Join(grantFields()[:6], "\n")); !errors.Is(err, ErrMalformed) {
		t.Errorf("a line less: %v", err)
	}
}

func TestGrantBounds(t *testing.T) {
	t.Parallel()
	g := testGrant()
	g.RentID = 1<<64 - 1
	g.Expiry = maxUnix
	g.ChainID = "!~"
	g.ChainID += strings.Repeat("x", MaxGrant-len(g.Text()))
	if got, err := ParseGrant(g.Text()); err != nil || got != g || len(g.Text()) != MaxGrant {
		t.Errorf("%d bytes: %v", len(g.Text()), err)
	}
	g.ChainID += "x"
	if _, err := ParseGrant(g.Text()); !errors.Is(err, ErrMalformed) {
		t.Errorf("%d bytes: %v", len(g.Text()), err)
	}
	g = testGrant()
	g.Scope = "admin"
	if _, err := SignGrant(t.Context(), NewSigner(key(7)), g); !errors.Is(err, ErrMalformed) {
		t.Errorf("an unknown scope was signed: %v", err)
	}
}

func TestVerifyGrant(t *testing.T) {
	t.Parallel()
	wallet := NewSigner(key(7))
	for name, c := range map[string]struct {
		spoil func(g *Grant, sign *string, now *time.Time)
		want  error
	}{
		"as it should be":       {},
		"pasted with a space":   {spoil: func(_ *Grant, sign *string, _ *time.Time) { *sign = " " + *sign + "\n" }},
		"another chain":         {spoil: func(g *Grant, _ *string, _ *time.Time) { g.ChainID = "dbc-main" }, want: ErrWrongMachine},
		"another machine":       {spoil: func(g *Grant, _ *string, _ *time.Time) { g.MachineID = otherMachine }, want: ErrWrongMachine},
		"another rental":        {spoil: func(g *Grant, _ *string, _ *time.Time) { g.RentID++ }, want: ErrSignature},
		"another scope":         {spoil: func(g *Grant, _ *string, _ *time.Time) { g.Scope = ScopeFull }, want: ErrSignature},
		"a second before":       {spoil: func(_ *Grant, _ *string, now *time.Time) { *now = now.Add(time.Hour - time.Second) }},
		"at its expiry":         {spoil: func(_ *Grant, _ *string, now *time.Time) { *now = now.Add(time.Hour) }, want: ErrExpired},
		"the longest life":      {spoil: func(_ *Grant, _ *string, now *time.Time) { *now = now.Add(time.Hour - MaxSessionLife - MaxSkew) }},
		"longer than allowed":   {spoil: func(_ *Grant, _ *string, now *time.Time) { *now = now.Add(time.Hour - MaxSessionLife - MaxSkew - 1) }, want: ErrMalformed},
		"no sign":               {spoil: func(_ *Grant, sign *string, _ *time.Time) { *sign = "" }, want: ErrMalformed},
		"a key that is no key":  {spoil: func(g *Grant, _ *string, _ *time.Time) { g.PublicKey = "02" }, want: ErrMalformed},
		"a sign that is no hex": {spoil: func(_ *Grant, sign *string, _ *time.Time) { *sign = "x" + (*sign)[1:] }, want: ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, now := testGrant(), testNow
			sign, err := SignGrant(t.Context(), wallet, g)
			if err != nil {
				t.Fatal(err)
			}
			if c.spoil != nil {
				c.spoil(&g, &sign, &now)
			}
			got, err := VerifyGrant(g, sign, nil, testChain, testMachine, now)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || (err == nil) != (got == wallet.Address()) || err != nil && got != "" {
				t.Errorf("got %q, %v; want %v", got, err, c.want)
			}
		})
	}
}

// The holder of the session could pass its signatures off as the wallet's.
func TestGrantToTheWalletsOwnKey(t *testing.T) {
	t.Parallel()
	g := testGrant()
	sign, err := SignGrant(t.Context(), NewSigner(key(9)), g)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := VerifyGrant(g, sign, nil, testChain, testMachine, testNow); !errors.Is(err, ErrMalformed) || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
	multi := &Multisig{Threshold: 1, PublicKeys: []string{publicKey(7), publicKey(9)}, Signs: []string{sign}}
	if got, err := VerifyGrant(g, "", multi, testChain, testMachine, testNow); !errors.Is(err, ErrMalformed) || got != "" {
		t.Errorf("a member's key: got %q, %v", got, err)
	}
}

func FuzzParseGrant(f *testing.F) {
	f.Add(testGrant().Text())
	f.Add("dbc-session-v1\n\n\n\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseGrant(text)
		if err == nil && g.Text() != text {
			t.Errorf("%q reads as %q", text, g.Text())
		}
	})
}

func ExampleScope_Covers() {
	fmt.Println(ScopeFull.Covers(ScopeRead), ScopeRead.Covers(ScopeOperate))
	// Output: true false
}
