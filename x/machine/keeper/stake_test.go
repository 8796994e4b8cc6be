package keeper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/dbc-network/dbc/x/machine"
)

const dbc = 1_000_000

func (f *fixture) price(n node, price uint64) {
	_, err := f.msgs.SetPrice(f.ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: price}}})
	require.NoError(f.t, err)
}

// The stake is the larger of a sum by slots and twelve days' price.
func TestRequiredStakeFollowsThePrice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := newNode(1)
	bond := n.bond(f, 1, 8)
	bond.PricePerDay = 400 * dbc
	_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{bond}})
	require.NoError(t, err)
	require.EqualValues(t, 12*8*400*dbc, f.machine(n.id).StakeRequired)
	require.EqualValues(t, 12*8*400*dbc, f.machine(n.id).Stake, "a bond brings all of it")
	f.price(n, 1*dbc)
	require.EqualValues(t, 9_000*dbc, f.machine(n.id).StakeRequired, "the base and eight slots")
	require.EqualValues(t, 12*8*400*dbc, f.machine(n.id).Stake, "nothing comes back before retirement")
	f.price(n, 100*dbc)
	require.EqualValues(t, 12*8*100*dbc, f.machine(n.id).StakeRequired)
	_, err = f.msgs.UpdateFacts(f.ctx, n.update(f, 2, n.facts(0)))
	require.NoError(t, err)
	require.EqualValues(t, 2_000*dbc, f.machine(n.id).StakeRequired, "a machine without GPUs has one slot")
	f.check()
}

// A price that needs more stake than there is leaves the stake short.
func TestPriceBeyondTheStake(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	for _, c := range []struct {
		price uint64
		takes bool
	}{{2_000 * dbc / 12, true}, {2_222 * dbc / 12, true}, {2_223 * dbc / 12, false}, {1_000_000 * dbc, false}, {1, true}} {
		f.price(n, c.price)
		ctx, _ := f.ctx.CacheContext()
		_, err := f.k.ReserveSlots(ctx, n.id, 1, 1)
		require.Equal(t, c.takes, err == nil, "price %d: %v", c.price, err)
		if !c.takes {
			require.ErrorIs(t, err, machine.ErrStake)
		}
	}
}

// Twenty refunded trials, at ten DBC each, cost a tenth of the least stake.
func TestRefundedTrialsDelistNoMachine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	for range 20 {
		taken, err := f.k.TakeFromStake(f.ctx, n.id, faucet, 10*dbc)
		require.NoError(t, err)
		require.EqualValues(t, 10*dbc, taken)
		require.False(t, f.machine(n.id).BelowStake())
	}
	_, err := f.k.TakeFromStake(f.ctx, n.id, faucet, 1)
	require.NoError(t, err)
	require.True(t, f.machine(n.id).BelowStake())
	require.EqualValues(t, 200*dbc+1, f.balance(authtypes.NewModuleAddress(faucet).String()))
	f.check()
}

func TestAnybodyAddsStake(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	f.price(n, 200*dbc)
	require.True(t, f.machine(n.id).BelowStake())
	_, err := f.msgs.AddStake(f.ctx, &machine.MsgAddStake{Sender: challenger, MachineId: n.id, Amount: 160 * dbc})
	require.NoError(t, err)
	require.Equal(t, wealth-160*dbc, f.balance(challenger))
	require.False(t, f.machine(n.id).BelowStake(), "nine tenths of 2,400")
	f.check()
}

// While short, a tenth of each payment goes into the stake, rounded up.
func TestPaymentsFillAShortStake(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	fund := func(amount uint64) {
		require.NoError(t, f.bank.MintCoins(f.ctx, faucet, udbc(int64(amount))))
	}
	for _, c := range []struct {
		name                 string
		short, payment, kept uint64
	}{
		{"not short", 0, 100, 0},
		{"a tenth", 50, 100, 10},
		{"rounded up", 50, 101, 11},
		{"rounded up to all of it", 50, 1, 1},
		{"no more than it lacks", 7, 1_000, 7},
		{"nothing to pay", 7, 0, 0},
		{"the largest payment", 7, 1 << 62, 7},
	} {
		stored := f.ctx
		f.ctx, _ = stored.CacheContext()
		_, err := f.k.TakeFromStake(f.ctx, n.id, faucet, c.short)
		require.NoError(t, err, c.name)
		fund(c.payment)
		kept, err := f.k.PayHost(f.ctx, n.id, faucet, c.payment)
		require.NoError(t, err, c.name)
		require.Equal(t, c.kept, kept, c.name)
		require.Equal(t, wealth+c.payment-c.kept, f.balance(payout), c.name)
		require.EqualValues(t, 2_000*dbc-c.short+c.kept, f.machine(n.id).Stake, c.name)
		f.check()
		f.ctx = stored
	}
}

// What is paid after retirement goes to the payout address alone: the stake may be gone.
func TestRetiredMachineKeepsNoTithe(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	_, err := f.k.TakeFromStake(f.ctx, n.id, faucet, 500*dbc)
	require.NoError(t, err)
	_, err = f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	require.NoError(t, err)
	kept, err := f.k.PayHost(f.ctx, n.id, faucet, 500*dbc)
	require.NoError(t, err)
	require.Zero(t, kept)
	require.EqualValues(t, wealth+500*dbc, f.balance(payout))
	f.check()
}

// The nine tenths and the tithe, compared with sums computed in another way.
func TestStakeArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := machine.Machine{
			Stake:         rapid.Uint64Range(0, machine.MaxStake).Draw(r, "stake"),
			StakeRequired: rapid.OneOf(rapid.Uint64Range(0, 30), rapid.Uint64Range(0, machine.MaxStake/2)).Draw(r, "required"),
		}
		if rapid.Bool().Draw(r, "near") {
			m.Stake = min(m.Stake%40, m.StakeRequired) + m.StakeRequired/10*9
		}
		short := math.NewIntFromUint64(m.Stake).MulRaw(10).LT(math.NewIntFromUint64(m.StakeRequired).MulRaw(9))
		require.Equal(r, short, m.BelowStake())
		payment := rapid.OneOf(rapid.Uint64Range(0, 1000), rapid.Uint64()).Draw(r, "payment")
		kept := m.StakeTithe(payment)
		require.LessOrEqual(r, kept, payment)
		if m.Stake < m.StakeRequired {
			require.Equal(r, min(math.NewIntFromUint64(payment).AddRaw(9).QuoRaw(10).Uint64(), m.StakeRequired-m.Stake), kept)
		} else {
			require.Zero(r, kept)
		}
	})
}

func TestPayFromStakeAtMostTheStake(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	to := sdk.MustAccAddressFromBech32(challenger)
	paid, err := f.k.PayFromStake(f.ctx, n.id, to, 500)
	require.NoError(t, err)
	require.EqualValues(t, 500, paid)
	require.False(t, f.machine(n.id).BelowStake(), "short, but by less than a tenth")
	f.check()
	paid, err = f.k.PayFromStake(f.ctx, n.id, to, 1<<62)
	require.NoError(t, err)
	require.EqualValues(t, 2_000_000_000-500, paid)
	require.Equal(t, wealth+2_000_000_000, f.balance(challenger))
	paid, err = f.k.PayFromStake(f.ctx, n.id, to, 1)
	require.NoError(t, err)
	require.Zero(t, paid)
	f.check()
}

func TestUnbondingCountsFromTheLastRental(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	n := f.online(1, 1)
	end := genesisTime.Add(time.Hour)
	require.NoError(t, f.k.RecordRentalEnd(f.ctx, n.id, end))
	require.NoError(t, f.k.RecordRentalEnd(f.ctx, n.id, genesisTime))
	require.Equal(t, end, *f.machine(n.id).LastRentalEnd)
	_, err := f.msgs.Retire(f.ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	require.NoError(t, err)
	f.next(machine.DefaultParams().UnbondingTime + time.Hour - time.Second)
	withdraw := &machine.MsgWithdrawStake{Owner: owner, MachineId: n.id}
	_, err = f.msgs.WithdrawStake(f.ctx, withdraw)
	require.ErrorIs(t, err, machine.ErrUnbonding)
	f.next(time.Second)
	_, err = f.msgs.WithdrawStake(f.ctx, withdraw)
	require.NoError(t, err)
	f.check()
}
