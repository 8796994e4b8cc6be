package client_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
)

// member returns member number n of the teams, and the public key in hex.
func member(n byte) (auth.Signer, string) {
	key := secp256k1.PrivKeyFromBytes([]byte(strings.Repeat(string(rune('a'+n)), 32)))
	return auth.NewSigner(key), hex.EncodeToString(key.PubKey().SerializeCompressed())
}

// teamGrant returns a grant of a 2-of-3 wallet.
func teamGrant() client.TeamGrant {
	t := client.TeamGrant{Team: auth.Multisig{Threshold: 2}}
	for n := range byte(3) {
		_, public := member(n)
		t.Team.PublicKeys = append(t.Team.PublicKeys, public)
	}
	_, session := member(9)
	t.Grant = auth.Grant{
		ChainID: "dbc-devnet-1", MachineID: machineID, RentID: 7, PublicKey: session, Scope: auth.ScopeOperate, Expiry: 2_000_000_000,
	}
	return t
}

const machineID = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

// TestTeamSigns lets each member sign alone, joins the signatures and has the
// machine's own check accept them.
func TestTeamSigns(t *testing.T) {
	t.Parallel()
	begun := teamGrant()
	path := filepath.Join(t.TempDir(), "team.json")
	var copies []client.TeamGrant
	for n := range byte(2) {
		if err := begun.Write(path); err != nil {
			t.Fatal(err)
		}
		read, err := client.ReadTeamGrant(path)
		if err != nil {
			t.Fatal(err)
		}
		who, _ := member(n)
		for range 2 { // the second time changes nothing
			if read, err = read.Sign(t.Context(), who); err != nil {
				t.Fatal(err)
			}
		}
		if signed, err := read.Signed(); err != nil || len(signed) != 1 || signed[0] != who.Address() {
			t.Fatalf("signed by %v, %v", signed, err)
		}
		copies = append(copies, read)
	}
	whole, err := copies[0].Join(copies[1])
	if err != nil {
		t.Fatal(err)
	}
	if whole, err = whole.Join(copies[0]); err != nil {
		t.Fatal(err)
	}
	wallet, err := auth.VerifyGrant(whole.Grant, "", &whole.Team, begun.Grant.ChainID, machineID, time.Unix(1_999_999_000, 0))
	if want, _ := begun.Team.Address(); err != nil || wallet != want || len(whole.Team.Signs) != 2 {
		t.Errorf("%s with %d signatures, %v; want %s", wallet, len(whole.Team.Signs), err, want)
	}
	if len(begun.Team.Signs) != 0 || len(copies[0].Team.Signs) != 1 {
		t.Error("what was signed before has changed")
	}
}

func TestTeamRefuses(t *testing.T) {
	t.Parallel()
	begun := teamGrant()
	alice, _ := member(0)
	stranger, _ := member(5)
	signed, err := begun.Sign(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	other := signed
	other.Grant.Scope = auth.ScopeFull
	twice := signed
	twice.Team.Signs = []string{signed.Team.Signs[0], signed.Team.Signs[0]}
	foreign := begun
	sign, err := auth.SignGrant(t.Context(), stranger, begun.Grant)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Team.Signs = []string{sign}
	for name, do := range map[string]func() error{
		"a stranger":            func() error { _, err := begun.Sign(t.Context(), stranger); return err },
		"a stranger's in it":    func() error { _, err := foreign.Sign(t.Context(), alice); return err },
		"a member twice":        func() error { _, err := twice.Signed(); return err },
		"signed with less":      func() error { _, err := other.Signed(); return err },
		"joined with another":   func() error { _, err := begun.Join(other); return err },
		"joined with strangers": func() error { _, err := signed.Join(foreign); return err },
	} {
		if err := do(); !errors.Is(err, client.ErrTeam) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzTeamGrant verifies that a team's file is refused, or is unchanged after
// it is written and read again.
func FuzzTeamGrant(f *testing.F) {
	alice, _ := member(0)
	signed, err := teamGrant().Sign(f.Context(), alice)
	if err != nil {
		f.Fatal(err)
	}
	whole, err := json.Marshal(signed)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"grant":"dbc-session-v1","multisig":{"threshold":2,"public_keys":[],"signs":["00"]}}`))
	f.Add([]byte(strings.Replace(string(whole), `"threshold":"2"`, `"threshold":9`, 1)))
	f.Fuzz(func(t *testing.T, text []byte) {
		var read, again client.TeamGrant
		if json.Unmarshal(text, &read) != nil {
			return
		}
		_, before := read.Signed()
		written, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatal(err)
		}
		if _, after := again.Signed(); again.Grant != read.Grant || (before == nil) != (after == nil) {
			t.Errorf("%s became %s", text, written)
		}
	})
}
