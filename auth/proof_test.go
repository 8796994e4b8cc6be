package auth

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// proofOf returns a proof of request e signed by by, under the grant g if it is
// given.
func proofOf(t *testing.T, by Signer, wallet string, e Exact, body string, g *Grant, granted Signer) Proof {
	t.Helper()
	p := Proof{Method: e.Method, Target: e.Target, Body: []byte(body)}
	id := ""
	var err error
	if g != nil {
		if p.GrantSign, err = SignGrant(t.Context(), granted, *g); err != nil {
			t.Fatal(err)
		}
		p.Grant, id = g.Text(), g.ID()
	}
	if p.Header, err = SignExactAs(t.Context(), by, wallet, id, e); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVerifyProof(t *testing.T) {
	t.Parallel()
	const body = `{"a":1}`
	signer, other := NewSigner(vectorKey()), NewSigner(secp256k1.PrivKeyFromBytes([]byte{7}))
	key := secp256k1.PrivKeyFromBytes([]byte{8})
	session := NewSigner(key)
	grant := Grant{
		ChainID: testChain, MachineID: testMachine, RentID: 7, Scope: ScopeOperate,
		PublicKey: hex.EncodeToString(key.PubKey().SerializeCompressed()), Expiry: testNow.Unix() + 1,
	}
	for name, c := range map[string]struct {
		signed       func(*Exact)
		by, granted  Signer
		wallet       string
		grant        func(*Grant)
		sent         func(*Proof)
		now          time.Duration
		chain, where string
		want         error
	}{
		"as it should be":             {},
		"at the window's end":         {now: 10 * time.Minute},
		"after the window":            {now: 10*time.Minute + time.Second, want: ErrClockSkew},
		"a little early":              {now: -MaxSkew},
		"too early":                   {now: -MaxSkew - time.Second, want: ErrClockSkew},
		"another chain":               {chain: "dbc-devnet-2", want: ErrSignature},
		"another machine":             {where: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", want: ErrSignature},
		"another body":                {sent: func(p *Proof) { p.Body = []byte(`{"a":2}`) }, want: ErrSignature},
		"another target":              {sent: func(p *Proof) { p.Target = "/api/v1/tasks" }, want: ErrSignature},
		"another method":              {sent: func(p *Proof) { p.Method = "GET" }, want: ErrSignature},
		"a method of two lines":       {sent: func(p *Proof) { p.Method = "POST\nx" }, want: ErrMalformed},
		"no header":                   {sent: func(p *Proof) { p.Header = "" }, want: ErrMalformed},
		"by somebody else":            {by: other, wallet: signer.Address(), want: ErrSignature},
		"by a session":                {by: session, grant: func(*Grant) {}},
		"by a session, late":          {by: session, grant: func(*Grant) {}, now: 9 * time.Minute},
		"by one that was over":        {by: session, grant: func(g *Grant) { g.Expiry = testNow.Unix() }, want: ErrExpired},
		"granted by another":          {by: session, granted: other, grant: func(*Grant) {}, want: ErrSignature},
		"a session without its grant": {by: session, grant: func(*Grant) {}, sent: func(p *Proof) { p.Grant = "" }, want: ErrMalformed},
		"another grant": {by: session, grant: func(*Grant) {}, want: ErrSignature, sent: func(p *Proof) {
			g := grant
			g.RentID = 8
			p.Grant, p.GrantSign = g.Text(), must(SignGrant(t.Context(), signer, g))
		}},
		"another key of the grant": {by: other, grant: func(*Grant) {}, want: ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := request(body)
			if c.signed != nil {
				c.signed(&e)
			}
			by, granted, wallet := c.by, c.granted, signer.Address()
			if by == nil {
				by = signer
			}
			if granted == nil {
				granted = signer
			}
			var g *Grant
			if c.grant != nil {
				own := grant
				c.grant(&own)
				g = &own
			}
			p := proofOf(t, by, wallet, e, body, g, granted)
			if c.sent != nil {
				c.sent(&p)
			}
			chain, machine := testChain, testMachine
			if c.chain != "" {
				chain = c.chain
			}
			if c.where != "" {
				machine = c.where
			}
			got, err := VerifyProof(p, chain, machine, testNow.Add(c.now), 10*time.Minute)
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if err != nil {
				return
			}
			if got.Wallet != wallet || got.Signer != by.Address() || got.Nonce != testNonce || !got.Sent.Equal(testNow) || (got.Session == nil) != (g == nil) {
				t.Errorf("proved %+v", got)
			}
			if back, ok := ProofFrom(WithProof(t.Context(), p)); !ok || back.Header != p.Header || back.Path() != "/api/v1/tasks" {
				t.Errorf("carried %+v, %v", back, ok)
			}
		})
	}
	if _, ok := ProofFrom(t.Context()); ok {
		t.Error("a proof out of nothing")
	}
}

func must(text string, err error) string {
	if err != nil {
		panic(err)
	}
	return text
}
