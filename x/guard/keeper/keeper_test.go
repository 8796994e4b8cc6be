package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/guard"
	"github.com/dbc-network/dbc/x/guard/keeper"
	guardmodule "github.com/dbc-network/dbc/x/guard/module"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const day = 24 * time.Hour

var begin = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

type brake struct {
	*testing.T
	ctx                          sdk.Context
	keeper                       keeper.Keeper
	msg                          guard.MsgServer
	guardian, governor, stranger string
}

func newBrake(t *testing.T) *brake {
	t.Helper()
	key := storetypes.NewKVStoreKey(guard.StoreKey)
	ctx := testutil.DefaultContext(key, storetypes.NewTransientStoreKey("transient"))
	governor := authtypes.NewModuleAddress("gov").String()
	k, err := keeper.NewKeeper(moduletestutil.MakeTestEncodingConfig(guardmodule.AppModule{}).Codec, runtime.NewKVStoreService(key), governor)
	require.NoError(t, err)
	b := &brake{T: t, ctx: ctx.WithBlockTime(begin), keeper: k, msg: keeper.NewMsgServer(k), governor: governor}
	b.guardian = sdk.AccAddress("guardian____________").String()
	b.stranger = sdk.AccAddress("stranger____________").String()
	gs := guard.DefaultGenesis()
	gs.Params.Guardian = b.guardian
	require.NoError(t, k.InitGenesis(b.ctx, *gs))
	return b
}

func (b *brake) pause(signer string, length time.Duration) error {
	_, err := b.msg.PauseRentals(b.ctx, &guard.MsgPauseRentals{Signer: signer, Until: b.ctx.BlockTime().Add(length)})
	return err
}

func (b *brake) resume(signer string) error {
	_, err := b.msg.ResumeRentals(b.ctx, &guard.MsgResumeRentals{Signer: signer})
	return err
}

func (b *brake) pass(d time.Duration) { b.ctx = b.ctx.WithBlockTime(b.ctx.BlockTime().Add(d)) }

func (b *brake) allowed(msg sdk.Msg) error {
	ok, err := b.keeper.IsAllowed(b.ctx, sdk.MsgTypeURL(msg))
	require.Equal(b, err == nil, ok)
	return err
}

// TestPauseStopsNewRentalsOnly: refunds, ends, claims, answers and renewals are
// unaffected.
func TestPauseStopsNewRentalsOnly(t *testing.T) {
	t.Parallel()
	b := newBrake(t)
	require.NoError(t, b.allowed(&rental.MsgRentMachine{}))
	require.NoError(t, b.pause(b.guardian, day))
	require.ErrorIs(t, b.allowed(&rental.MsgRentMachine{}), guard.ErrPaused)
	for _, msg := range []sdk.Msg{
		&rental.MsgConfirmRent{}, &rental.MsgCancelRent{}, &rental.MsgLeaveRental{}, &rental.MsgReletMachine{}, &rental.MsgBreakRental{}, &rental.MsgClaimRent{},
		&machine.MsgAnswerChallenge{}, &machine.MsgChallenge{}, &machine.MsgSetOnline{}, &machine.MsgWithdrawStake{}, &banktypes.MsgSend{},
		&guard.MsgResumeRentals{},
	} {
		require.NoError(t, b.allowed(msg), "%T", msg)
	}
	b.pass(day - 1)
	require.ErrorIs(t, b.allowed(&rental.MsgRentMachine{}), guard.ErrPaused)
	b.pass(1)
	require.NoError(t, b.allowed(&rental.MsgRentMachine{}), "at its end a pause is over")
}

// TestGuardianPausesWithinItsWindow: seven days, then fourteen without, however often it
// pauses and resumes.
func TestGuardianPausesWithinItsWindow(t *testing.T) {
	t.Parallel()
	b := newBrake(t)
	require.ErrorIs(t, b.pause(b.stranger, day), guard.ErrUnauthorized)
	require.ErrorIs(t, b.pause(b.guardian, 7*day+1), guard.ErrPause)
	require.ErrorIs(t, b.pause(b.guardian, 0), guard.ErrPause)
	require.NoError(t, b.pause(strings.ToUpper(b.guardian), 3*day), "the same account in capitals")
	b.pass(2 * day)
	require.ErrorIs(t, b.resume(b.stranger), guard.ErrUnauthorized)
	require.NoError(t, b.resume(b.guardian))
	require.NoError(t, b.allowed(&rental.MsgRentMachine{}))
	require.ErrorIs(t, b.resume(b.guardian), guard.ErrPause)
	b.pass(day)
	require.ErrorIs(t, b.pause(b.guardian, 4*day+1), guard.ErrPause, "the window began with the first pause")
	require.NoError(t, b.pause(b.guardian, 4*day))
	b.pass(4 * day)
	require.ErrorIs(t, b.pause(b.guardian, time.Minute), guard.ErrPause)
	b.pass(14*day - 1)
	require.ErrorIs(t, b.pause(b.guardian, time.Minute), guard.ErrPause)
	b.pass(1)
	require.NoError(t, b.pause(b.guardian, 7*day))
}

// TestRogueGuardianCantStopTheMarket pauses whenever it can: the market is open two thirds
// of the time.
func TestRogueGuardianCantStopTheMarket(t *testing.T) {
	t.Parallel()
	b := newBrake(t)
	const hours = 365 * 24
	paused := 0
	for range hours {
		for _, length := range []time.Duration{7 * day, 6 * day, day, time.Hour} {
			_ = b.pause(b.guardian, length) // mostly refused
		}
		if b.allowed(&rental.MsgRentMachine{}) != nil {
			paused++
		}
		b.pass(time.Hour)
	}
	require.LessOrEqual(t, paused, hours/3+7*24)
}

// TestGovernanceOverrules: it lifts a pause for good, pauses without a window, and
// appoints another guardian.
func TestGovernanceOverrules(t *testing.T) {
	t.Parallel()
	b := newBrake(t)
	require.NoError(t, b.pause(b.guardian, 6*day))
	b.pass(time.Hour)
	require.NoError(t, b.resume(b.governor))
	require.NoError(t, b.allowed(&rental.MsgRentMachine{}))
	require.ErrorIs(t, b.pause(b.guardian, time.Hour), guard.ErrPause, "its window is over")
	require.ErrorIs(t, b.pause(b.governor, 7*day+1), guard.ErrPause)
	require.NoError(t, b.pause(b.governor, 7*day))
	b.pass(day)
	require.NoError(t, b.pause(b.governor, 7*day))

	params := guard.DefaultParams()
	params.Guardian = b.stranger
	_, err := b.msg.UpdateParams(b.ctx, &guard.MsgUpdateParams{Authority: b.guardian, Params: params})
	require.ErrorIs(t, err, guard.ErrUnauthorized)
	_, err = b.msg.UpdateParams(b.ctx, &guard.MsgUpdateParams{Authority: b.governor, Params: params})
	require.NoError(t, err)
	require.ErrorIs(t, b.resume(b.guardian), guard.ErrUnauthorized)
	require.NoError(t, b.resume(b.stranger))
	params.Guardian = ""
	_, err = b.msg.UpdateParams(b.ctx, &guard.MsgUpdateParams{Authority: b.governor, Params: params})
	require.NoError(t, err)
	require.ErrorIs(t, b.pause("", time.Hour), guard.ErrUnauthorized, "no guardian is nobody")
}

func TestGenesisKeepsThePause(t *testing.T) {
	t.Parallel()
	b := newBrake(t)
	require.NoError(t, b.pause(b.guardian, day))
	gs, err := b.keeper.ExportGenesis(b.ctx)
	require.NoError(t, err)
	other := newBrake(t)
	require.NoError(t, other.keeper.InitGenesis(other.ctx, *gs))
	require.ErrorIs(t, other.allowed(&rental.MsgRentMachine{}), guard.ErrPaused)
	again, err := other.keeper.ExportGenesis(other.ctx)
	require.NoError(t, err)
	require.Equal(t, gs, again)
}
