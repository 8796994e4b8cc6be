package chain

import (
	"encoding/hex"
	"errors"
	"testing"

	kmultisig "github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
)

// TestTeam verifies that members are read from the account's key, and only if
// the address is derived from that key.
func TestTeam(t *testing.T) {
	t.Parallel()
	keys := []cryptotypes.PubKey{secp256k1.GenPrivKey().PubKey(), secp256k1.GenPrivKey().PubKey(), secp256k1.GenPrivKey().PubKey()}
	two := kmultisig.NewLegacyAminoPubKey(2, keys)
	team, err := teamOf(Address(two), two)
	if err != nil || team.Threshold != 2 || len(team.PublicKeys) != 3 || team.PublicKeys[2] != hex.EncodeToString(keys[2].Bytes()) {
		t.Errorf("%+v %v", team, err)
	}
	nested := kmultisig.NewLegacyAminoPubKey(1, []cryptotypes.PubKey{two, keys[0]})
	for name, key := range map[string]cryptotypes.PubKey{
		"never signed": nil, "one wallet": keys[0], "another threshold": kmultisig.NewLegacyAminoPubKey(1, keys), "a team in a team": nested,
	} {
		if team, err := teamOf(Address(two), key); !errors.Is(err, ErrNoTeam) {
			t.Errorf("%s: %+v %v", name, team, err)
		}
	}
}
