package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"pgregory.net/rapid"
)

// otherMachine is the public key of RFC 8032, test 1.
const otherMachine = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

// swap exchanges two neighbouring characters near the middle.
func swap(s string) string {
	b := []byte(s)
	for i := len(b) / 2; i+1 < len(b); i++ {
		if b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			break
		}
	}
	return string(b)
}

func TestTicket(t *testing.T) {
	t.Parallel()
	signer := NewSigner(vectorKey())
	for name, c := range map[string]struct {
		machine string
		life    time.Duration
		now     time.Duration
		spoil   func(wallet, nonce, sign *string)
		want    error
	}{
		"for any machine":      {life: TicketLife},
		"for this machine":     {life: TicketLife, machine: testMachine},
		"pasted with a space":  {life: TicketLife, spoil: func(_, nonce, sign *string) { *nonce += " "; *sign += "\n" }},
		"a second before":      {life: time.Hour, now: time.Hour - time.Second},
		"at its expiry":        {life: time.Hour, now: time.Hour, want: ErrExpired},
		"for another machine":  {life: TicketLife, machine: otherMachine, want: ErrWrongMachine},
		"issued in the future": {life: TicketLife, now: -3 * time.Minute, want: ErrExpired},
		"issued a bit ahead":   {life: TicketLife, now: -2 * time.Minute},
		"another's": {life: TicketLife, want: ErrSignature, spoil: func(wallet, _, _ *string) {
			*wallet = NewSigner(secp256k1.PrivKeyFromBytes([]byte{7})).Address()
		}},
		"a changed nonce": {life: TicketLife, want: ErrMalformed, spoil: func(_, nonce, _ *string) { *nonce = swap(*nonce) }},
		"a cut nonce":     {life: TicketLife, want: ErrMalformed, spoil: func(_, nonce, _ *string) { *nonce = (*nonce)[1:] }},
		"no nonce":        {life: TicketLife, want: ErrMalformed, spoil: func(_, nonce, _ *string) { *nonce = "" }},
		"an endless nonce": {life: TicketLife, want: ErrMalformed, spoil: func(_, nonce, _ *string) {
			*nonce = strings.Repeat("1", 1<<20)
		}},
		"no wallet": {life: TicketLife, want: ErrMalformed, spoil: func(wallet, _, _ *string) { *wallet = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ticket, err := NewTicket(testNow, c.life, c.machine)
			if err != nil {
				t.Fatal(err)
			}
			sign, err := SignTicket(t.Context(), signer, ticket)
			if err != nil {
				t.Fatal(err)
			}
			wallet, nonce := signer.Address(), ticket.Nonce()
			if c.spoil != nil {
				c.spoil(&wallet, &nonce, &sign)
			}
			got, err := VerifyTicket(wallet, nonce, sign, testMachine, testNow.Add(c.now))
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil && got != ticket {
				t.Errorf("got %+v, want %+v", got, ticket)
			}
		})
	}
}

func TestTicketLimits(t *testing.T) {
	t.Parallel()
	for _, life := range []time.Duration{0, -time.Second, MaxTicketLife + time.Second} {
		if _, err := NewTicket(testNow, life, ""); !errors.Is(err, ErrMalformed) {
			t.Errorf("life %v: %v", life, err)
		}
	}
	if _, err := NewTicket(testNow, time.Hour, "zz"); !errors.Is(err, ErrMalformed) {
		t.Error("a machine id that is none was taken")
	}
}

// A ticket's nonce can never be read as another signed text, and vice versa.
func TestTicketIsNoOtherText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{request("").Text(), "dbc-session-v1\nx", strings.Repeat("0", 64)} {
		if _, err := ParseTicket(text); err == nil {
			t.Errorf("%q is a ticket", text)
		}
	}
}

func TestTicketRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want, err := NewTicket(time.Unix(rapid.Int64Range(1, maxUnix-86400).Draw(t, "issued"), 0),
			time.Duration(rapid.Int64Range(1, 86400).Draw(t, "life"))*time.Second,
			rapid.SampledFrom([]string{"", testMachine}).Draw(t, "machine"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseTicket(want.Nonce()); err != nil || got != want {
			t.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

func FuzzParseTicket(f *testing.F) {
	for _, machine := range []string{"", testMachine} {
		ticket, err := NewTicket(testNow, time.Hour, machine)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ticket.Nonce())
	}
	f.Fuzz(func(t *testing.T, nonce string) {
		ticket, err := ParseTicket(nonce)
		if err == nil && ticket.Nonce() != nonce {
			t.Fatalf("%q is written as %q", nonce, ticket.Nonce())
		}
		if err == nil && ticket.Expires.Sub(ticket.Issued) > MaxTicketLife {
			t.Fatalf("life %v", ticket.Expires.Sub(ticket.Issued))
		}
	})
}
