package keeper_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

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
	"github.com/dbc-network/dbc/x/machine/keeper"
	"github.com/dbc-network/dbc/x/machine/module"
)

const (
	chainID = "dbc-devnet-9"
	faucet  = "faucet"
	wealth  = uint64(1_000_000_000_000)
)

var genesisTime = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// fixture is x/machine on a real store with the SDK's own bank.
type fixture struct {
	t       require.TestingT
	ctx     sdk.Context
	k       *keeper.Keeper
	bank    bankkeeper.BaseKeeper
	msgs    machine.MsgServer
	queries machine.QueryServer
	hooks   *recorder
	store   storetypes.StoreKey
	// another returns a keeper of the same store that nobody listens to yet.
	another func() *keeper.Keeper
}

func newFixture(t require.TestingT) *fixture {
	encoding := moduletestutil.MakeTestEncodingConfig(auth.AppModuleBasic{}, bank.AppModuleBasic{}, module.AppModule{})
	keys := storetypes.NewKVStoreKeys(authtypes.StoreKey, banktypes.StoreKey, machine.StoreKey)
	ctx := testutil.DefaultContextWithKeys(keys, storetypes.NewTransientStoreKeys("transient"), nil).
		WithChainID(chainID).WithBlockTime(genesisTime).WithBlockHeight(1).WithEventManager(sdk.NewEventManager())
	authority := authtypes.NewModuleAddress("gov").String()
	accounts := authkeeper.NewAccountKeeper(encoding.Codec, runtime.NewKVStoreService(keys[authtypes.StoreKey]), authtypes.ProtoBaseAccount,
		map[string][]string{faucet: {authtypes.Minter}, machine.ModuleName: nil, authtypes.FeeCollectorName: nil},
		address.NewBech32Codec("cosmos"), "cosmos", authority)
	blocked := map[string]bool{authtypes.NewModuleAddress(machine.ModuleName).String(): true}
	bankKeeper := bankkeeper.NewBaseKeeper(encoding.Codec, runtime.NewKVStoreService(keys[banktypes.StoreKey]), accounts, blocked, authority, log.NewNopLogger())
	require.NoError(t, bankKeeper.SetParams(ctx, banktypes.DefaultParams()))
	another := func() *keeper.Keeper {
		k, err := keeper.NewKeeper(encoding.Codec, runtime.NewKVStoreService(keys[machine.StoreKey]), accounts, bankKeeper, authority)
		require.NoError(t, err)
		return k
	}
	k := another()
	hooks := &recorder{}
	k.SetHooks(machine.NewMultiMachineHooks(hooks))
	k.SetRentals(hooks)
	f := &fixture{t: t, ctx: ctx, k: k, bank: bankKeeper, msgs: keeper.NewMsgServer(k), queries: keeper.NewQueryServer(k), hooks: hooks, store: keys[machine.StoreKey], another: another}
	require.NoError(t, k.InitGenesis(ctx, *machine.DefaultGenesis()))
	require.NoError(t, k.BeginBlock(ctx))
	for _, account := range []string{owner, operator, challenger, payout, account("stranger")} {
		require.NoError(t, bankKeeper.MintCoins(ctx, faucet, udbc(int64(wealth))))
		require.NoError(t, bankKeeper.SendCoinsFromModuleToAccount(ctx, faucet, sdk.MustAccAddressFromBech32(account), udbc(int64(wealth))))
	}
	f.next(0) // the first block accepts no challenge
	return f
}

var (
	owner         = account("owner")
	operator      = account("operator")
	payout        = account("payout")
	moduleAddress = authtypes.NewModuleAddress(machine.ModuleName)
	challenger    = account("challenger")
)

func account(name string) string {
	return sdk.AccAddress(fmt.Appendf(nil, "%-20s", name)).String()
}

func udbc(amount int64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(machine.Denom, math.NewInt(amount)))
}

func (f *fixture) balance(account string) uint64 {
	return f.bank.GetBalance(f.ctx, sdk.MustAccAddressFromBech32(account), machine.Denom).Amount.Uint64()
}

func (f *fixture) check() {
	require.NoError(f.t, f.k.CheckInvariants(f.ctx))
}

// next begins a block some time after the last.
func (f *fixture) next(after time.Duration) {
	require.NoError(f.t, f.k.EndBlock(f.ctx))
	f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(after)).WithBlockHeight(f.ctx.BlockHeight() + 1)
	require.NoError(f.t, f.k.BeginBlock(f.ctx))
}

// pass lets time pass in blocks without a halt.
func (f *fixture) pass(total time.Duration) {
	for total > time.Minute {
		f.next(time.Minute)
		total -= time.Minute
	}
	f.next(total)
}

func (f *fixture) machine(id string) machine.Machine {
	m, err := f.k.GetMachine(f.ctx, id)
	require.NoError(f.t, err)
	return m
}

// node is a compute node with the key of a machine.
type node struct {
	key ed25519.PrivateKey
	id  string
	n   byte
}

func newNode(n byte) node {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	return node{key: key, id: hex.EncodeToString(key.Public().(ed25519.PublicKey)), n: n}
}

func (n node) facts(slots int) machine.Facts {
	f := machine.Facts{
		CpuModel: "EPYC", CpuCores: 8, MemoryMib: 1 << 14, Country: "DE", PortFirst: 5200, PortLast: 32767,
		KeepDiskPolicy: machine.KEEP_DISK_POLICY_FIRM, Delivery: machine.DELIVERY_VM,
	}
	for i := range slots {
		f.Slots = append(f.Slots, machine.Slot{
			Kind: machine.SLOT_KIND_GPU, GpuType: "RTX 4090", GpuIds: []string{fmt.Sprintf("gpu-%d-%d", n.n, i)}, GpuCount: 1, VramMib: 24564,
		})
	}
	if slots == 0 {
		f.Slots = []machine.Slot{{Kind: machine.SLOT_KIND_NONE}}
	}
	return f
}

func (n node) bond(f *fixture, seq uint64, slots int) machine.Bond {
	b := machine.Bond{
		MachineId: n.id, Operator: operator, Payout: payout, Facts: n.facts(slots), PricePerDay: 1_000_000,
		BondSeq: seq, Expiry: f.ctx.BlockTime().Add(time.Hour).Unix(),
	}
	return n.sign(b)
}

func (n node) sign(b machine.Bond) machine.Bond {
	b.Signature = ed25519.Sign(n.key, machine.BondText(chainID, b.MachineId, owner, b.BondSeq, b.Expiry, b.Facts))
	return b
}

func (n node) online(f *fixture, seq uint64) *machine.MsgSetOnline {
	expiry := f.ctx.BlockTime().Add(time.Minute).Unix()
	return &machine.MsgSetOnline{
		Operator: operator, MachineId: n.id, Expiry: expiry,
		Signature: ed25519.Sign(n.key, machine.OnlineText(chainID, n.id, seq, expiry)),
	}
}

func (n node) answer(c machine.Challenge) *machine.MsgAnswerChallenge {
	return &machine.MsgAnswerChallenge{
		Operator: operator, MachineId: n.id, ChallengeId: c.Id, Height: c.Height,
		Signature: ed25519.Sign(n.key, machine.AnswerText(chainID, n.id, c.Id, c.Height)),
	}
}

// bonded and online bring a machine to the state in which most tests start.
func (f *fixture) bonded(n byte, slots int) node {
	node := newNode(n)
	_, err := f.msgs.BondMachines(f.ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{node.bond(f, 1, slots)}})
	require.NoError(f.t, err)
	return node
}

func (f *fixture) online(n byte, slots int) node {
	node := f.bonded(n, slots)
	_, err := f.msgs.SetOnline(f.ctx, node.online(f, 1))
	require.NoError(f.t, err)
	return node
}

func (f *fixture) challenged(n node) machine.Challenge {
	_, err := f.msgs.Challenge(f.ctx, &machine.MsgChallenge{Challenger: challenger, MachineId: n.id})
	require.NoError(f.t, err)
	c, open, err := f.k.OpenChallenge(f.ctx, n.id)
	require.NoError(f.t, err)
	require.True(f.t, open)
	return c
}

// recorder records calls of hooks, and can fail.
type recorder struct {
	calls []string
	fail  error
	panic bool
	// rents are the slots that accounts rent, by address, on every machine.
	rents map[string][]uint32
	// gas is what AfterMachineOffline uses; settled are the machines of SettleDue.
	gas     uint64
	settled []string
	// settle is what SettleDue does, if it is set.
	settle func(ctx context.Context, id string) error
}

var (
	_ machine.MachineHooks = (*recorder)(nil)
	_ machine.RentalKeeper = (*recorder)(nil)
)

func (r *recorder) SettleDue(ctx context.Context, id string) error {
	r.settled = append(r.settled, id)
	if r.settle != nil {
		return r.settle(ctx, id)
	}
	return nil
}

func (r *recorder) AfterMachineOffline(ctx context.Context, _ string, since time.Time, challengeID uint64) error {
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(r.gas, "hook")
	if r.panic {
		panic("hook")
	}
	r.calls = append(r.calls, fmt.Sprintf("offline since +%s by %d", since.Sub(genesisTime), challengeID))
	return r.fail
}

func (r *recorder) AfterMachineOnline(_ context.Context, _ string, since, now time.Time) error {
	r.calls = append(r.calls, fmt.Sprintf("online after %s", now.Sub(since)))
	return r.fail
}

func (r *recorder) RentedSlots(_ context.Context, _ string, renter sdk.AccAddress) ([]uint32, error) {
	return r.rents[renter.String()], nil
}

func (r *recorder) AfterChallengeClosed(_ context.Context, _ string, id uint64, answered bool) error {
	r.calls = append(r.calls, fmt.Sprintf("challenge %d answered %t", id, answered))
	return r.fail
}

func (r *recorder) take() []string {
	calls := r.calls
	r.calls = nil
	return calls
}
