package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	kmultisig "github.com/cosmos/cosmos-sdk/crypto/keys/multisig"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// Team is the set of members behind a multisig address.
type Team struct {
	Threshold int
	// PublicKeys are the members' public keys, 33 bytes in hex, in the order
	// that defines the address.
	PublicKeys []string
}

// Team returns the members of a multisig wallet. The chain knows them once the
// address has sent a transaction. Team returns ErrNoTeam before that, and for
// an address that is not a multisig's.
func (c *Client) Team(ctx context.Context, address string) (Team, error) {
	res, err := authtypes.NewQueryClient(c.conn).Account(ctx, &authtypes.QueryAccountRequest{Address: address})
	err = queryError(ctx, "ask for account "+address, err)
	if errors.Is(err, ErrNotFound) {
		return Team{}, fmt.Errorf("account %s: %w", address, ErrNoAccount)
	}
	if err != nil {
		return Team{}, err
	}
	var account sdk.AccountI
	if err := newCodec().UnpackAny(res.Account, &account); err != nil {
		return Team{}, fmt.Errorf("decode account %s: %w", address, err)
	}
	return teamOf(address, account.GetPubKey())
}

func teamOf(address string, key cryptotypes.PubKey) (Team, error) {
	multi, is := key.(*kmultisig.LegacyAminoPubKey)
	if !is {
		return Team{}, fmt.Errorf("%s: %w", address, ErrNoTeam)
	}
	t := Team{Threshold: int(multi.Threshold)}
	for _, member := range multi.GetPubKeys() {
		single, is := member.(*secp256k1.PubKey)
		if !is {
			return Team{}, fmt.Errorf("%s: a member's key is of type %T: %w", address, member, ErrNoTeam)
		}
		t.PublicKeys = append(t.PublicKeys, hex.EncodeToString(single.Bytes()))
	}
	if Address(key) != address {
		return Team{}, fmt.Errorf("%s: the chain's node names keys of %s: %w", address, Address(key), ErrNoTeam)
	}
	return t, nil
}
