package testnet_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/rental"
)

// TestUpgrade rehearses a software upgrade: governance plans it, the daemons
// stop at its height, swap.sh starts their successors, and a rental that was
// opened before goes on.
func TestUpgrade(t *testing.T) {
	m := newMarket(t, testnet.Config{
		Upgrades: map[string]string{rehearsal: upgraded},
		Params:   map[string]map[string]any{"gov": {"voting_period": "10s", "expedited_voting_period": "3s"}},
	})
	kept, trial := m.rent(0), m.rent(1)
	m.confirm(0, kept)
	before := m.rental(0, kept)

	height := m.plan()
	require.NoError(t, m.Validators[0].WaitHeight(m.ctx(), height-1))
	for _, v := range m.Validators {
		require.NoError(t, v.WaitHeight(m.ctx(), height+3))
	}
	m.agree(height + 3)
	reply, err := m.Validators[1].Query(m.ctx(), "query", "upgrade", "applied", rehearsal, "--node", m.Validators[1].RPC, "--output", "json")
	require.NoError(t, err)
	var applied struct{ Height string }
	require.NoError(t, json.Unmarshal(reply, &applied))
	require.Equal(t, math.NewInt(height).String(), applied.Height)

	after := m.rental(2, kept)
	require.Equal(t, before, after, "not a field of the rental changed")
	m.confirm(2, trial)
	require.Equal(t, rental.RENTAL_STATE_ACTIVE, m.rental(3, trial).State)
	id := m.rent(3)
	require.Greater(t, id, trial, "and rentals go on")
}

// plan lets governance schedule the upgrade, and returns its height.
func (m *market) plan() int64 {
	t := m.t
	t.Helper()
	// Far enough for the vote: no block takes less than its 300 ms.
	height := m.height(0) + 60
	msg := &upgradetypes.MsgSoftwareUpgrade{
		Authority: chain.AddressOf(authtypes.NewModuleAddress(govtypes.ModuleName)),
		Plan:      upgradetypes.Plan{Name: rehearsal, Height: height},
	}
	deposit := sdk.NewCoins(sdk.NewInt64Coin(chain.Denom, 10_000_000_000))
	proposal, err := govv1.NewMsgSubmitProposal([]sdk.Msg{msg}, deposit, chain.Address(m.renter.PubKey()), "", "Rehearsal", "Swap the daemons", false)
	require.NoError(t, err)
	result := m.send(0, m.renter, proposal)
	var reply govv1.MsgSubmitProposalResponse
	require.NoError(t, result.Response(0, &reply))
	votes, ctx := errgroup.WithContext(m.ctx())
	for _, v := range m.Validators {
		votes.Go(func() error {
			// A validator that is behind does not know of the proposal yet.
			if err := v.WaitHeight(ctx, result.Height); err != nil {
				return err
			}
			_, err := v.Client.Broadcast(ctx, v.Signer, &govv1.MsgVote{ProposalId: reply.ProposalId, Voter: v.Address, Option: govv1.OptionYes})
			return err
		})
	}
	require.NoError(t, votes.Wait())
	return height
}
