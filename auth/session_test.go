package auth

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSessionID(t *testing.T) {
	t.Parallel()
	ticket, err := NewTicket(testNow, time.Hour, "")
	if err != nil {
		t.Fatal(err)
	}
	id := SessionID(testMachine, vectorAddress, ticket.Nonce(), 7)
	if id != SessionID(testMachine, vectorAddress, ticket.Nonce(), 7) || id == SessionID(testMachine, vectorAddress, ticket.Nonce(), 8) {
		t.Error("the id does not follow from its parts")
	}
	sign, err := SignSession(t.Context(), NewSigner(vectorKey()), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifySession(vectorAddress, id, sign); err != nil {
		t.Error(err)
	}
	if err := VerifySession(vectorAddress, id[1:]+"0", sign); !errors.Is(err, ErrSignature) {
		t.Errorf("another id: %v", err)
	}
	if err := VerifySession("dbc1other", id, sign); !errors.Is(err, ErrSignature) {
		t.Errorf("another wallet: %v", err)
	}
}

func TestNothingElseIsSignedAsASessionID(t *testing.T) {
	t.Parallel()
	ticket, err := NewTicket(testNow, time.Hour, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{
		"a ticket": ticket.Nonce(), "a request": request("").Text(), "empty": "", "short": "abc",
		"a space": strings.Repeat("a ", 10), "long": strings.Repeat("a", 65), "a closing line": strings.Repeat("a", 32) + "\n",
	} {
		if _, err := SignSession(t.Context(), NewSigner(vectorKey()), id); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
