package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// teamAddress is the SDK's address of a 2-of-3 wallet with the keys 7, 8 and 9
// (see test/signing).
const teamAddress = "dbc1txp6u7n76427wpjgevrl3jpeeqrt9a4f6hx5s2"

func team() Multisig {
	return Multisig{Threshold: 2, PublicKeys: []string{publicKey(7), publicKey(8), publicKey(9)}}
}

// keys returns n different public keys.
func keys(n int) []string {
	var list []string
	for i := range n {
		list = append(list, publicKey(byte(i+1)))
	}
	return list
}

func TestMultisigAddress(t *testing.T) {
	t.Parallel()
	if address, err := team().Address(); err != nil || address != teamAddress {
		t.Errorf("got %s, %v", address, err)
	}
	members, err := team().Members()
	if err != nil || !slices.Equal(members, []string{NewSigner(key(7)).Address(), NewSigner(key(8)).Address(), NewSigner(key(9)).Address()}) {
		t.Errorf("got %s, %v", members, err)
	}
	for _, m := range []Multisig{{1, keys(1), nil}, {1, keys(maxMembers), nil}, {maxMembers, keys(maxMembers), nil}} {
		if _, err := m.Address(); err != nil {
			t.Errorf("%d of %d: %v", m.Threshold, len(m.PublicKeys), err)
		}
	}
}

func TestMultisigRefuses(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]Multisig{
		"no keys":                {1, nil, nil},
		"a threshold of 0":       {0, keys(2), nil},
		"a negative threshold":   {-1, keys(2), nil},
		"more than there are":    {3, keys(2), nil},
		"too many":               {1, keys(maxMembers + 1), nil},
		"one twice":              {1, []string{publicKey(7), publicKey(8), publicKey(7)}, nil},
		"a key in capitals":      {1, []string{strings.ToUpper(publicKey(7))}, nil},
		"a key that is too long": {1, []string{publicKey(7) + "00"}, nil},
		"a key that is no point": {1, []string{"02" + strings.Repeat("f", 64)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if address, err := m.Address(); !errors.Is(err, ErrMalformed) || address != "" {
				t.Errorf("address %q, %v", address, err)
			}
			if members, err := m.Members(); !errors.Is(err, ErrMalformed) || members != nil {
				t.Errorf("members %s, %v", members, err)
			}
			if wallet, _, err := m.verify("text"); !errors.Is(err, ErrMalformed) || wallet != "" {
				t.Errorf("verified as %q, %v", wallet, err)
			}
		})
	}
}

func TestMultisigNamesTheField(t *testing.T) {
	t.Parallel()
	_, err := Multisig{Threshold: 1, PublicKeys: []string{"zz"}}.Address()
	malformed(t, "a short key", err, "field public_keys: 2 characters")
}

// TestTeamGrant lets the members of a multisig wallet grant a session to key
// 10.
func TestTeamGrant(t *testing.T) {
	t.Parallel()
	g := testGrant()
	g.PublicKey = publicKey(10)
	sign := func(b byte, g Grant) string {
		s, err := SignGrant(t.Context(), NewSigner(key(b)), g)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	other := g
	other.RentID++
	for name, c := range map[string]struct {
		signs []string
		want  error
	}{
		"two":                  {[]string{sign(7, g), sign(9, g)}, nil},
		"two in another order": {[]string{sign(8, g), " " + sign(7, g) + "\n"}, nil},
		"all":                  {[]string{sign(7, g), sign(8, g), sign(9, g)}, nil},
		"nobody":               {nil, ErrSignature},
		"one":                  {[]string{sign(7, g)}, ErrSignature},
		"one twice":            {[]string{sign(7, g), sign(7, g)}, ErrSignature},
		"two and one again":    {[]string{sign(7, g), sign(8, g), sign(7, g)}, ErrSignature},
		"a stranger":           {[]string{sign(7, g), sign(11, g)}, ErrSignature},
		"two and a stranger":   {[]string{sign(7, g), sign(8, g), sign(11, g)}, ErrSignature},
		"for another rental":   {[]string{sign(7, g), sign(8, other)}, ErrSignature},
		"no signature":         {[]string{sign(7, g), ""}, ErrMalformed},
		"more than members":    {[]string{sign(7, g), sign(8, g), sign(9, g), sign(7, g)}, ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := team()
			m.Signs = c.signs
			got, err := VerifyGrant(g, "", &m, testChain, testMachine, testNow)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || (err == nil) != (got == teamAddress) || err != nil && got != "" {
				t.Errorf("got %q, %v; want %v", got, err, c.want)
			}
			if _, err := VerifyGrant(g, sign(7, g), &m, testChain, testMachine, testNow); !errors.Is(err, ErrMalformed) {
				t.Errorf("with a wallet's sign too: %v", err)
			}
		})
	}
}

// The refusal states how many signatures are missing; the members see it.
func TestTeamGrantSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	m := team()
	g := testGrant()
	g.PublicKey = publicKey(10)
	one, err := SignGrant(t.Context(), NewSigner(key(7)), g)
	if err != nil {
		t.Fatal(err)
	}
	m.Signs = []string{one}
	_, err = VerifyGrant(g, "", &m, testChain, testMachine, testNow)
	if want := fmt.Sprintf("1 members of %s signed, 2 are needed", teamAddress); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
