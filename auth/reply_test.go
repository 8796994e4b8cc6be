package auth

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

func TestReply(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	machine := hex.EncodeToString(key.Public().(ed25519.PublicKey))
	text, body := request("").Text(), []byte(`{"errcode":0}`)
	sign := SignReply(key, text, 200, body)
	for name, c := range map[string]struct {
		machine, text string
		status        int
		body, sign    string
		want          error
	}{
		"as it was sent":       {machine, text, 200, string(body), sign, nil},
		"another body":         {machine, text, 200, `{"errcode":1}`, sign, ErrSignature},
		"another status":       {machine, text, 403, string(body), sign, ErrSignature},
		"to another request":   {machine, text + "x", 200, string(body), sign, ErrSignature},
		"by another machine":   {testMachine, text, 200, string(body), sign, ErrSignature},
		"no signature":         {machine, text, 200, string(body), "", ErrMalformed},
		"upper-case signature": {machine, text, 200, string(body), strings.ToUpper(sign), ErrMalformed},
		"no machine":           {"", text, 200, string(body), sign, ErrMalformed},
		// With R the identity and s zero, the signature verifies for any text
		// under this key.
		"a key of low order": {"01" + strings.Repeat("00", 31), text, 200, string(body), "01" + strings.Repeat("00", 63), ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := VerifyReply(c.machine, c.text, c.status, []byte(c.body), c.sign)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzVerifyReply(f *testing.F) {
	f.Add(testMachine, "text", 200, []byte("body"), strings.Repeat("0", 128))
	f.Fuzz(func(t *testing.T, machine, text string, status int, body []byte, sign string) {
		if VerifyReply(machine, text, status, body, sign) == nil {
			t.Fatal("forged")
		}
	})
}
