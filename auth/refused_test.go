package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// A refused proof yields nothing, and the error says what was wrong.
func TestRefusedProofShowsNothing(t *testing.T) {
	t.Parallel()
	signer, stranger := NewSigner(vectorKey()), NewSigner(key(7))
	grant := testGrant()
	good := proofOf(t, signer, signer.Address(), request("body"), "body", nil, signer)
	noKey := good
	noKey.Header = strings.Replace(good.Header, vectorSign[:66], "02"+strings.Repeat("f", 64), 1)
	noHeader := good
	noHeader.Header = ""
	foreign := proofOf(t, stranger, signer.Address(), request("body"), "body", &grant, signer)
	for name, c := range map[string]struct {
		proof Proof
		want  error
		says  string
	}{
		"no header":                {noHeader, ErrMalformed, `want "v1`},
		"a key that is none":       {noKey, ErrMalformed, "public key"},
		"another than the grant's": {foreign, ErrSignature, "signed for"},
	} {
		got, err := VerifyProof(c.proof, testChain, testMachine, testNow, time.Minute)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || got != (Proved{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	_, err := VerifyProof(good, testChain, testMachine, testNow.Add(time.Hour), time.Minute)
	var skew *SkewError
	if !errors.As(err, &skew) || !skew.Sent.Equal(testNow) || !skew.Server.Equal(testNow.Add(time.Hour)) {
		t.Errorf("too late: %v", err)
	}
}

// The refusal of a caller without rights is signed over the caller's request.
func TestRefusalOfWhoMayNotAskHasTheText(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier()
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), request(""))
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(context.Context, Request) error { return errDisk }
	got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, refuse)
	if !errors.Is(err, errDisk) || got.Text != request("").Text() || got.Wallet != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}
