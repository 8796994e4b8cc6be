package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// told returns the changes of stakes reported by events since the last call.
func (f *fixture) told() (all []machine.EventStakeChanged) {
	for _, event := range f.ctx.EventManager().Events() {
		parsed, err := sdk.ParseTypedEvent(sdk.Events{event}.ToABCIEvents()[0])
		if err != nil {
			continue // another module's
		}
		if e, ok := parsed.(*machine.EventStakeChanged); ok {
			all = append(all, *e)
		}
	}
	f.ctx = f.ctx.WithEventManager(sdk.NewEventManager())
	return all
}

// What leaves a stake is reported with its machine and what is left; nothing is
// reported where nothing leaves, and a machine that does not exist has no stake.
func TestStakeThatLeavesIsTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	before := f.machine(n.id).Stake
	who := sdk.MustAccAddressFromBech32(account("somebody"))
	f.told()
	paid, err := f.k.PayFromStake(f.ctx, n.id, who, 7)
	require.NoError(t, err)
	require.EqualValues(t, 7, paid)
	require.Equal(t, []machine.EventStakeChanged{{MachineId: n.id, Stake: before - 7}}, f.told())
	taken, err := f.k.TakeFromStake(f.ctx, n.id, faucet, 2*before)
	require.NoError(t, err)
	require.Equal(t, before-7, taken, "at most what is there")
	require.Equal(t, []machine.EventStakeChanged{{MachineId: n.id}}, f.told())
	for _, amount := range []uint64{0, 1} {
		paid, err = f.k.PayFromStake(f.ctx, n.id, who, amount)
		require.NoError(t, err)
		require.Zero(t, paid)
	}
	require.Empty(t, f.told())
	_, err = f.k.PayFromStake(f.ctx, newNode(9).id, who, 1)
	require.ErrorIs(t, err, machine.ErrNotFound)
	f.check()
}

// A host whose machine is not short is paid in full, and its stake is unchanged.
func TestPayHostOfAMachineThatIsNotShort(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	require.NoError(t, f.bank.MintCoins(f.ctx, faucet, udbc(100)))
	f.told()
	kept, err := f.k.PayHost(f.ctx, n.id, faucet, 100)
	require.NoError(t, err)
	require.Zero(t, kept)
	require.EqualValues(t, wealth+100, f.balance(payout))
	require.Empty(t, f.told())
}

// A void challenge takes no place of those that are opened after it, even by
// the same renter and slot, and a closed one waits for no deadline.
func TestVoidChallengesTakeNoPlace(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	_, err := f.ask(n, "first")
	require.NoError(t, err)
	f.next(30 * time.Second)
	void, err := f.ask(n, "tenant", 0)
	require.NoError(t, err)
	f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(9*time.Minute + 45*time.Second)) // the first is due, its tenant's is not
	_, err = f.msgs.SetOnline(f.ctx, n.online(f, 1))
	require.NoError(t, err)
	there, err := f.k.Challenges.Has(f.ctx, void.Id)
	require.NoError(t, err)
	require.True(t, there, "it comes back at its deadline")
	common, err := f.ask(n, "another")
	require.NoError(t, err)
	again, err := f.ask(n, "tenant", 0)
	require.NoError(t, err, "neither place nor challenger of what is void count")
	require.EqualValues(t, 1, again.Place)
	_, err = f.ask(n, "tenant", 0)
	require.ErrorIs(t, err, machine.ErrChallengeOpen, "the newest counts")
	f.check()
	require.NoError(t, f.answer(n, common))
	queued, err := f.k.ChallengeQueue.Has(f.ctx, collections.Join(common.Deadline, common.Id))
	require.NoError(t, err)
	require.False(t, queued)
	f.check()
}
