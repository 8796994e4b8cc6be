package auth

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"pgregory.net/rapid"
)

// The key consists of the bytes 1, 2, 3 … 32. The other values were produced by
// the Cosmos SDK (see test/signing).
const (
	vectorAddress = "dbc1tp7fhly84qm6q4hhzmp0nh5frtdugmyscfvhvp"
	vectorText    = "dbc-request-v1\ndbc-devnet-1\nPOST\n/api/v1/tasks"
	vectorSign    = "0284bf7562262bbd6940085748f3be6afa52ae317155181ece31b66351ccffa4b08ccd75e22e8334b751d57cf306d8ecc1863e9ca9ca9fbf06e82a60cabd510dc06f63afbe39688c10945e41c8ef5fe6b2a0f62c52b82be99ea6a9d092aa305ad8"
)

func vectorKey() *secp256k1.PrivateKey {
	var b [32]byte
	for i := range b {
		b[i] = byte(i + 1)
	}
	return secp256k1.PrivKeyFromBytes(b[:])
}

func TestVector(t *testing.T) {
	t.Parallel()
	s := NewSigner(vectorKey())
	if s.Address() != vectorAddress {
		t.Errorf("address %s", s.Address())
	}
	sign, err := s.Sign(context.Background(), vectorText)
	if err != nil || sign != vectorSign {
		t.Errorf("sign %s, %v", sign, err)
	}
	if address, err := VerifySign(vectorText, vectorSign); err != nil || address != vectorAddress {
		t.Errorf("verify: %s, %v", address, err)
	}
}

func TestSignDocIsKeplrs(t *testing.T) {
	t.Parallel()
	const want = `{"account_number":"0","chain_id":"","fee":{"amount":[],"gas":"0"},"memo":"","msgs":[{"type":"sign/MsgSignData","value":{"data":"aGVsbG8=","signer":"dbc1xyz"}}],"sequence":"0"}`
	if got := string(SignDoc("hello", "dbc1xyz")); got != want {
		t.Errorf("got %s", got)
	}
}

func TestVerifySignRefuses(t *testing.T) {
	t.Parallel()
	key, sig := vectorSign[:66], vectorSign[66:]
	highS := func() string {
		raw, _ := hex.DecodeString(sig)
		s := new(big.Int).Sub(secp256k1.Params().N, new(big.Int).SetBytes(raw[32:]))
		return key + sig[:64] + hex.EncodeToString(s.FillBytes(make([]byte, 32)))
	}()
	other, err := NewSigner(secp256k1.PrivKeyFromBytes([]byte{7})).Sign(context.Background(), vectorText)
	if err != nil {
		t.Fatal(err)
	}
	order := hex.EncodeToString(secp256k1.Params().N.FillBytes(make([]byte, 32)))
	for name, c := range map[string]struct {
		text, sign string
		want       error
	}{
		"other text":       {vectorText + " ", vectorSign, ErrSignature},
		"other key":        {vectorText, other[:66] + sig, ErrSignature},
		"high s":           {vectorText, highS, ErrMalformed},
		"r is zero":        {vectorText, key + strings.Repeat("0", 64) + sig[64:], ErrMalformed},
		"s is zero":        {vectorText, key + sig[:64] + strings.Repeat("0", 64), ErrMalformed},
		"r is the order":   {vectorText, key + order + sig[64:], ErrMalformed},
		"no point":         {vectorText, "02" + strings.Repeat("f", 64) + sig, ErrMalformed},
		"hybrid key":       {vectorText, "06" + vectorSign[2:], ErrMalformed},
		"upper case":       {vectorText, strings.ToUpper(vectorSign), ErrMalformed},
		"a digit short":    {vectorText, vectorSign[1:], ErrMalformed},
		"a digit too many": {vectorText, vectorSign + "0", ErrMalformed},
		"empty":            {vectorText, "", ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if address, err := VerifySign(c.text, c.sign); !errors.Is(err, c.want) || address != "" {
				t.Errorf("got %q, %v; want %v", address, err, c.want)
			}
		})
	}
}

func TestSignProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 31, 31).Draw(t, "key")
		text := rapid.String().Draw(t, "text")
		s := NewSigner(secp256k1.PrivKeyFromBytes(append([]byte{1}, seed...)))
		sign, err := s.Sign(context.Background(), text)
		if err != nil {
			t.Fatal(err)
		}
		if address, err := VerifySign(text, sign); err != nil || address != s.Address() {
			t.Fatalf("got %s, %v", address, err)
		}
		if CheckWallet(s.Address()) != nil {
			t.Fatalf("%s is no wallet", s.Address())
		}
		raw, _ := hex.DecodeString(sign)
		bit := rapid.IntRange(0, len(raw)*8-1).Draw(t, "bit")
		raw[bit/8] ^= 1 << (bit % 8)
		if address, err := VerifySign(text, hex.EncodeToString(raw)); err == nil && address == s.Address() {
			t.Fatal("a changed signature passes")
		}
	})
}

func TestCheckWallet(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "dbc1", strings.ToUpper(vectorAddress), vectorAddress[:41], vectorAddress + "q",
		"cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu", vectorAddress[:41] + "b", " " + vectorAddress,
	} {
		if err := CheckWallet(bad); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzVerifySign(f *testing.F) {
	f.Add(vectorText, vectorSign)
	f.Add("", strings.Repeat("0", signHexLen))
	f.Fuzz(func(t *testing.T, text, sign string) {
		address, err := VerifySign(text, sign)
		if (err == nil) != (address != "") {
			t.Fatalf("%q with %v", address, err)
		}
		if err != nil {
			return
		}
		pub, sig, err := decodeSign(sign)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := EncodeSign(pub, sig); err != nil || again != sign {
			t.Fatalf("%s is written as %s, %v", sign, again, err)
		}
		if bytes.ContainsAny([]byte(address), "\n ") {
			t.Fatalf("address %q", address)
		}
	})
}
