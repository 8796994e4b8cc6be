package auth

import (
	"encoding/hex"
	"testing"
)

func FuzzParseGrant(f *testing.F) {
	g := Grant{
		ChainID: "dbc-devnet-1", MachineID: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", RentID: 7,
		PublicKey: "02" + hex.EncodeToString(make([]byte, 31)) + "01", Scope: ScopeRead, Expiry: 1_800_000_000,
	}
	f.Add(g.Text())
	f.Add("dbc-session-v1\n\n\n\n\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := ParseGrant(text)
		if err == nil && g.Text() != text {
			t.Errorf("%q reads as %q", text, g.Text())
		}
	})
}
