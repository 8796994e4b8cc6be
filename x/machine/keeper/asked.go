package keeper

import (
	"context"
	"encoding/binary"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// asked is (machine id, term, challenge id). A challenge has two terms, its place
// and its challenger, so that another one costs the same however many are open.
type asked = collections.Triple[string, []byte, uint64]

// placeTerm has four bytes, an account's address has more.
func placeTerm(place uint32) []byte { return binary.BigEndian.AppendUint32(nil, place) }

func askedBy(c machine.Challenge) ([2]asked, error) {
	challenger, err := sdk.AccAddressFromBech32(c.Challenger)
	if err != nil {
		return [2]asked{}, err
	}
	return [2]asked{
		collections.Join3(c.MachineId, placeTerm(c.Place), c.Id),
		collections.Join3(c.MachineId, []byte(challenger), c.Id),
	}, nil
}

// storeChallenge stores a new challenge with its entries.
func (k *Keeper) storeChallenge(ctx context.Context, c machine.Challenge) error {
	if err := k.Challenges.Set(ctx, c.Id, c); err != nil {
		return err
	}
	if err := k.ChallengeQueue.Set(ctx, collections.Join(c.Deadline, c.Id)); err != nil {
		return err
	}
	entries, err := askedBy(c)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := k.Asked.Set(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// dropChallenge removes a challenge with its entries.
func (k *Keeper) dropChallenge(ctx context.Context, c machine.Challenge) error {
	if err := k.Challenges.Remove(ctx, c.Id); err != nil {
		return err
	}
	if err := k.ChallengeQueue.Remove(ctx, collections.Join(c.Deadline, c.Id)); err != nil {
		return err
	}
	if _, err := k.failed.Clear(ctx, c.Id); err != nil {
		return err
	}
	entries, err := askedBy(c)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := k.Asked.Remove(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// openOf returns the open challenge of a machine with the given term, 0 without
// one. Only the newest with that term can be open: none was opened while an
// older one was, and a void one never opens again.
func (k *Keeper) openOf(ctx context.Context, m machine.Machine, term []byte) (uint64, error) {
	newest := uint64(0)
	of := collections.NewSuperPrefixedTripleRangeReversed[string, []byte, uint64](m.Id, term)
	err := k.Asked.Walk(ctx, of, func(key asked) (bool, error) {
		newest = key.K3()
		return true, nil
	})
	if err != nil || !slices.Contains(m.OpenChallenges, newest) {
		return 0, err
	}
	return newest, nil
}
