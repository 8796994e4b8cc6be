package keeper_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"time"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/machine"
	machinekeeper "github.com/dbc-network/dbc/x/machine/keeper"
	xrental "github.com/dbc-network/dbc/x/rental"
	"github.com/dbc-network/dbc/x/rental/keeper"
	rentalmodule "github.com/dbc-network/dbc/x/rental/module"
)

const (
	dbc   = 1_000_000
	pool  = "distribution" // stands for the community pool
	mint  = "mint"
	price = 24 * dbc // per slot and day: one DBC an hour
	fee   = 10 * dbc
	stake = 4_000 * dbc
	hour  = 3_600
)

var genesisTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// communityPool receives fees through the real bank.
type communityPool struct{ bank bankkeeper.Keeper }

func (p communityPool) FundCommunityPool(ctx context.Context, amount sdk.Coins, sender sdk.AccAddress) error {
	return p.bank.SendCoinsFromAccountToModule(ctx, sender, pool, amount)
}

// flaky is the real machine keeper that fails, or panics, for some rentals.
type flaky struct {
	*machinekeeper.Keeper
	fail, panic map[uint64]bool
	poor        map[string]bool // machines whose host can't be paid
	released    map[uint64]int  // by rental, also if it failed
	gas         map[uint64]uint64
}

func (f flaky) PayHost(ctx context.Context, id, module string, amount uint64) (uint64, error) {
	if f.poor[id] {
		return 0, fmt.Errorf("injected failure of machine %s", id)
	}
	return f.Keeper.PayHost(ctx, id, module, amount)
}

func (f flaky) ReleaseSlots(ctx context.Context, id string, rentID uint64) error {
	f.released[rentID]++
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(f.gas[rentID], "injected")
	if err := f.Keeper.ReleaseSlots(ctx, id, rentID); err != nil {
		return err
	}
	if f.panic[rentID] {
		panic("injected")
	}
	if f.fail[rentID] {
		return fmt.Errorf("injected failure of rental %d", rentID)
	}
	return nil
}

// chain is x/rental on the real bank and the real x/machine, without an app.
type chain struct {
	rapid.TB
	ctx      sdk.Context
	bank     bankkeeper.BaseKeeper
	machines *machinekeeper.Keeper
	flaky    flaky
	keeper   keeper.Keeper
	msg      xrental.MsgServer
	query    xrental.QueryServer
	machine  machine.MsgServer

	owner, operator, payout sdk.AccAddress
	renters                 []sdk.AccAddress
	keys                    map[string]ed25519.PrivateKey
	store                   storetypes.StoreKey
}

func account(n byte) sdk.AccAddress { return append(make(sdk.AccAddress, 19), n) }

func newChain(t rapid.TB) *chain {
	t.Helper()
	c := bareChain(t)
	require.NoError(t, c.machines.Params.Set(c.ctx, machine.DefaultParams()))
	require.NoError(t, c.machines.Halt.Set(c.ctx, machine.Halt{}))
	require.NoError(t, c.machines.NextChallenge.Set(c.ctx, 1))
	require.NoError(t, c.keeper.InitGenesis(c.ctx, *xrental.DefaultGenesis()))
	for _, renter := range c.renters {
		c.fund(renter, 1_000_000*dbc)
	}
	return c
}

// bareChain has stores and keepers, and nothing in them.
func bareChain(t rapid.TB) *chain {
	t.Helper()
	names := []string{authtypes.StoreKey, banktypes.StoreKey, machine.StoreKey, xrental.StoreKey}
	keys := storetypes.NewKVStoreKeys(names...)
	ctx := testutil.DefaultContextWithKeys(keys, storetypes.NewTransientStoreKeys("transient"), nil)
	ctx = ctx.WithBlockTime(genesisTime).WithBlockHeight(1).WithChainID("dbc-devnet-1")
	cdc := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, rentalmodule.AppModule{}).Codec
	authority := authtypes.NewModuleAddress("gov").String()

	accounts := authkeeper.NewAccountKeeper(cdc, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{mint: {authtypes.Minter}, pool: nil, machine.ModuleName: nil, xrental.ModuleName: nil},
		address.NewBech32Codec("cosmos"), "cosmos", authority)
	coins := bankkeeper.NewBaseKeeper(cdc, runtime.NewKVStoreService(keys[banktypes.StoreKey]), accounts, map[string]bool{authority: true}, authority, log.NewNopLogger())
	machines, err := machinekeeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[machine.StoreKey]), accounts, coins, authority)
	require.NoError(t, err)
	f := flaky{machines, map[uint64]bool{}, map[uint64]bool{}, map[string]bool{}, map[uint64]int{}, map[uint64]uint64{}}
	k, err := keeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[xrental.StoreKey]), authority, coins, communityPool{coins}, f, log.NewNopLogger())
	require.NoError(t, err)
	machines.SetRentals(k)
	machines.SetHooks(machine.NewMultiMachineHooks(k.Hooks()))
	return &chain{
		TB: t, ctx: ctx, bank: coins, machines: machines, flaky: f, keeper: k,
		msg: keeper.NewMsgServer(k), query: keeper.NewQueryServer(k), machine: machinekeeper.NewMsgServer(machines),
		owner: account(1), operator: account(2), payout: account(3),
		renters: []sdk.AccAddress{account(11), account(12), account(13)},
		keys:    map[string]ed25519.PrivateKey{}, store: keys[xrental.StoreKey],
	}
}

func (c *chain) fund(to sdk.AccAddress, amount uint64) {
	c.Helper()
	coins := sdk.NewCoins(sdk.NewCoin(xrental.Denom, math.NewIntFromUint64(amount)))
	require.NoError(c, c.bank.MintCoins(c.ctx, mint, coins))
	require.NoError(c, c.bank.SendCoinsFromModuleToAccount(c.ctx, mint, to, coins))
}

func (c *chain) fundModule(name string, amount uint64) {
	c.Helper()
	coins := sdk.NewCoins(sdk.NewCoin(xrental.Denom, math.NewIntFromUint64(amount)))
	require.NoError(c, c.bank.MintCoins(c.ctx, mint, coins))
	require.NoError(c, c.bank.SendCoinsFromModuleToModule(c.ctx, mint, name, coins))
}

func (c *chain) balance(of sdk.AccAddress) uint64 {
	return c.bank.GetBalance(c.ctx, of, xrental.Denom).Amount.Uint64()
}

func (c *chain) module(name string) uint64 { return c.balance(authtypes.NewModuleAddress(name)) }

// bond makes an online machine with this many slots.
func (c *chain) bond(n byte, slots int) string {
	c.Helper()
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	key := ed25519.NewKeyFromSeed(seed)
	id := hex.EncodeToString(key.Public().(ed25519.PublicKey))
	c.keys[id] = key
	m := machine.Machine{
		Id: id, Owner: c.owner.String(), Operator: c.operator.String(), Payout: c.payout.String(),
		Facts: machine.Facts{Slots: make([]machine.Slot, slots)}, BondSeq: 1, ListingVersion: 1,
		PricePerDay: price, Stake: stake, StakeRequired: stake / 10 * 9, State: machine.MACHINE_STATE_ONLINE,
	}
	require.NoError(c, c.machines.Bonds.Set(c.ctx, id, m))
	c.fundModule(machine.ModuleName, stake)
	return id
}

// at moves to a block at a time after genesis, as if there had been blocks in
// between, so that it is no halt; halt moves without them.
func (c *chain) at(after time.Duration) {
	c.Helper()
	c.ctx = c.ctx.WithBlockTime(genesisTime.Add(after)).WithBlockHeight(c.ctx.BlockHeight() + 1).WithEventManager(sdk.NewEventManager())
	now := c.ctx.BlockTime()
	halt, err := c.machines.Halt.Get(c.ctx)
	require.NoError(c, err)
	halt.LastBlockTime = &now
	require.NoError(c, c.machines.Halt.Set(c.ctx, halt))
}

// halt is a gap between two blocks, as x/machine finds it.
func (c *chain) halt(gap time.Duration) {
	c.Helper()
	c.ctx = c.ctx.WithBlockTime(c.ctx.BlockTime().Add(gap)).WithBlockHeight(c.ctx.BlockHeight() + 1)
	require.NoError(c, c.machines.BeginBlock(c.ctx))
}

// end runs the end block in the app's order.
func (c *chain) end() {
	c.Helper()
	require.NoError(c, c.machines.EndBlock(c.ctx))
	require.NoError(c, c.keeper.EndBlock(c.ctx))
	c.sound()
}

func (c *chain) sound() {
	c.Helper()
	require.NoError(c, c.keeper.CheckInvariants(c.ctx))
}

// deliver runs a message as a transaction: all of it or nothing.
func deliver[Q, A any](c *chain, serve func(context.Context, Q) (A, error), msg Q) (A, error) {
	cached, write := c.ctx.CacheContext()
	answer, err := serve(cached, msg)
	if err == nil {
		write()
	}
	return answer, err
}

func (c *chain) rent(renter sdk.AccAddress, machineID string, seconds uint64, slots uint32) (*xrental.MsgRentMachineResponse, error) {
	return deliver(c, c.msg.RentMachine, &xrental.MsgRentMachine{Renter: renter.String(), MachineId: machineID, DurationSeconds: seconds, Slots: slots})
}

func (c *chain) mustRent(renter sdk.AccAddress, machineID string, seconds uint64, slots uint32) uint64 {
	c.Helper()
	response, err := c.rent(renter, machineID, seconds, slots)
	require.NoError(c, err)
	return response.RentId
}

func (c *chain) confirm(renter sdk.AccAddress, id uint64) error {
	_, err := deliver(c, c.msg.ConfirmRent, &xrental.MsgConfirmRent{Renter: renter.String(), RentId: id})
	return err
}

func (c *chain) mustActive(renter sdk.AccAddress, machineID string, seconds uint64, slots uint32) uint64 {
	c.Helper()
	id := c.mustRent(renter, machineID, seconds, slots)
	require.NoError(c, c.confirm(renter, id))
	return id
}

func (c *chain) relet(renter sdk.AccAddress, id, seconds uint64) (*xrental.MsgReletMachineResponse, error) {
	return deliver(c, c.msg.ReletMachine, &xrental.MsgReletMachine{Renter: renter.String(), RentId: id, AddDurationSeconds: seconds})
}

func (c *chain) breakRental(signer string, id uint64) error {
	_, err := deliver(c, c.msg.BreakRental, &xrental.MsgBreakRental{Signer: signer, RentId: id})
	return err
}

func (c *chain) claim(ids ...uint64) (uint64, error) { return c.claimBy(c.owner, ids...) }

// claimBy claims for any signer.
func (c *chain) claimBy(signer sdk.AccAddress, ids ...uint64) (uint64, error) {
	response, err := deliver(c, c.msg.ClaimRent, &xrental.MsgClaimRent{Signer: signer.String(), RentIds: ids})
	if err != nil {
		return 0, err
	}
	return response.Claimed, nil
}

func (c *chain) setOffline(id string) error {
	_, err := deliver(c, c.machine.SetOffline, &machine.MsgSetOffline{Operator: c.operator.String(), MachineId: id})
	return err
}

func (c *chain) setOnline(id string) error {
	m, err := c.machines.GetMachine(c.ctx, id)
	require.NoError(c, err)
	expiry := c.ctx.BlockTime().Add(time.Minute).Unix()
	_, err = deliver(c, c.machine.SetOnline, &machine.MsgSetOnline{
		Operator: c.operator.String(), MachineId: id, Expiry: expiry,
		Signature: ed25519.Sign(c.keys[id], machine.OnlineText(c.ctx.ChainID(), id, m.BondSeq, expiry)),
	})
	return err
}

func (c *chain) challenge(by sdk.AccAddress, id string) error {
	_, err := deliver(c, c.machine.Challenge, &machine.MsgChallenge{Challenger: by.String(), MachineId: id})
	return err
}

func (c *chain) answer(id string) error {
	open, ok, err := c.machines.OpenChallenge(c.ctx, id)
	require.NoError(c, err)
	if !ok {
		return fmt.Errorf("no challenge")
	}
	_, err = deliver(c, c.machine.AnswerChallenge, &machine.MsgAnswerChallenge{
		Operator: c.operator.String(), MachineId: id, ChallengeId: open.Id, Height: open.Height,
		Signature: ed25519.Sign(c.keys[id], machine.AnswerText(c.ctx.ChainID(), id, open.Id, open.Height)),
	})
	return err
}

func (c *chain) get(id uint64) xrental.Rental {
	c.Helper()
	response, err := c.query.Rental(c.ctx, &xrental.QueryRentalRequest{RentId: id})
	require.NoError(c, err)
	return response.Rental
}
