package keeper_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// TestRandomLives sends messages in any order, with time and halts between
// them. A refused one changes nothing, and the state never contradicts itself;
// an export that is read back is the same state.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		f := newFixture(r)
		life := &life{fixture: f, r: r, supply: f.supply(), seqs: make(map[string]uint64)}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			life.step()
			f.check()
			require.Equal(r, life.supply, f.supply(), "the module neither mints nor burns")
		}
		life.reimport()
	})
}

type life struct {
	*fixture
	r      *rapid.T
	supply uint64
	seqs   map[string]uint64
	rents  []held
}

type held struct {
	machine string
	rent    uint64
}

func (f *fixture) supply() uint64 {
	return f.bank.GetSupply(f.ctx, machine.Denom).Amount.Uint64()
}

func (l *life) step() {
	n := newNode(byte(rapid.IntRange(1, 3).Draw(l.r, "machine")))
	seq := l.seqs[n.id]
	action := rapid.SampledFrom([]string{
		"bond", "online", "online", "offline", "challenge", "challenge", "challenge", "answer", "reserve", "release", "penalty",
		"stake", "gpu", "retire", "withdraw", "facts", "price", "slots", "wait", "halt",
	}).Draw(l.r, "action")
	cached, write := l.ctx.CacheContext()
	if err := l.act(cached, action, n, seq); err == nil {
		write()
		if action == "bond" || action == "facts" {
			l.seqs[n.id] = seq + 1
		}
	}
}

func (l *life) act(ctx sdk.Context, action string, n node, seq uint64) error {
	var err error
	switch action {
	case "bond":
		_, err = l.msgs.BondMachines(ctx, &machine.MsgBondMachines{Owner: owner, Bonds: []machine.Bond{n.bond(l.fixture, seq+1, rapid.IntRange(0, 3).Draw(l.r, "slots"))}})
	case "online":
		_, err = l.msgs.SetOnline(ctx, n.online(l.fixture, seq))
	case "offline":
		_, err = l.msgs.SetOffline(ctx, &machine.MsgSetOffline{Operator: operator, MachineId: n.id})
	case "challenge":
		l.hooks.rents = map[string][]uint32{challenger: {0}, payout: {2, 1}}
		_, err = l.msgs.Challenge(ctx, &machine.MsgChallenge{Challenger: rapid.SampledFrom([]string{challenger, payout, owner, account("stranger")}).Draw(l.r, "challenger"), MachineId: n.id})
	case "answer":
		m, e := l.k.Bonds.Get(ctx, n.id)
		if e != nil || len(m.OpenChallenges) == 0 {
			return e
		}
		c, e := l.k.Challenges.Get(ctx, rapid.SampledFrom(m.OpenChallenges).Draw(l.r, "challenge"))
		require.NoError(l.r, e)
		_, err = l.msgs.AnswerChallenge(ctx, n.answer(c))
	case "gpu":
		ids := n.facts(3).GPUIDs()
		_, err = l.msgs.ReleaseGPU(ctx, &machine.MsgReleaseGPU{Authority: l.k.Authority(), GpuId: rapid.SampledFrom(ids).Draw(l.r, "gpu")})
	case "stake":
		_, err = l.msgs.AddStake(ctx, &machine.MsgAddStake{Sender: owner, MachineId: n.id, Amount: 1_000_000_000})
	case "retire":
		_, err = l.msgs.Retire(ctx, &machine.MsgRetire{Owner: owner, MachineId: n.id})
	case "withdraw":
		_, err = l.msgs.WithdrawStake(ctx, &machine.MsgWithdrawStake{Owner: owner, MachineId: n.id})
	case "facts":
		_, err = l.msgs.UpdateFacts(ctx, n.update(l.fixture, seq+1, n.facts(rapid.IntRange(0, 3).Draw(l.r, "slots"))))
	case "price":
		_, err = l.msgs.SetPrice(ctx, &machine.MsgSetPrice{Operator: operator, Prices: []machine.PriceChange{{MachineId: n.id, PricePerDay: 9}}})
	case "slots":
		out := rapid.SampledFrom([][]uint32{nil, {0}, {1}, {0, 2}, {0, 1, 2}, {3}}).Draw(l.r, "out")
		_, err = l.msgs.SetSlots(ctx, &machine.MsgSetSlots{Operator: operator, MachineId: n.id, OutOfService: out, InService: rapid.SampledFrom([][]uint32{nil, {0}, {1, 2}, {0, 1, 2}}).Draw(l.r, "in")})
	case "wait":
		l.next(time.Duration(rapid.IntRange(0, 60).Draw(l.r, "seconds")) * time.Second)
		return errWaited
	case "halt":
		l.next(time.Duration(rapid.IntRange(1, 400).Draw(l.r, "hours")) * time.Hour)
		return errWaited
	default:
		return l.rent(ctx, action, n)
	}
	return err
}

// errWaited keeps a step whose blocks ran on the main context from writing its cache.
var errWaited = machine.ErrState.Wrap("time went by")

// rent does what x/rental does to a machine.
func (l *life) rent(ctx sdk.Context, action string, n node) error {
	switch action {
	case "reserve":
		id := uint64(len(l.rents) + 1)
		slots, err := l.k.ReserveSlots(ctx, n.id, uint32(rapid.IntRange(0, 3).Draw(l.r, "count")), id)
		if err == nil {
			require.True(l.r, slices.IsSorted(slots))
			l.rents = append(l.rents, held{n.id, id})
		}
		return err
	case "release":
		if len(l.rents) == 0 {
			return nil
		}
		rent := rapid.SampledFrom(l.rents).Draw(l.r, "rental")
		if err := l.k.ReleaseSlots(ctx, rent.machine, rent.rent); err != nil {
			return err
		}
		return l.k.RecordRentalEnd(ctx, rent.machine, ctx.BlockTime())
	default:
		_, err := l.k.PayFromStake(ctx, n.id, sdk.MustAccAddressFromBech32(challenger), uint64(rapid.IntRange(0, 3_000_000_000).Draw(l.r, "penalty")))
		return err
	}
}

// reimport exports, reads back into an empty module and compares.
func (l *life) reimport() {
	exported, err := l.k.ExportGenesis(l.ctx)
	require.NoError(l.r, err)
	other := newFixture(l.r)
	other.ctx = other.ctx.WithBlockTime(l.ctx.BlockTime()).WithBlockHeight(l.ctx.BlockHeight())
	held := l.bank.GetBalance(l.ctx, moduleAddress, machine.Denom)
	if held.IsPositive() {
		require.NoError(l.r, other.bank.SendCoinsFromAccountToModule(other.ctx, sdk.MustAccAddressFromBech32(owner), machine.ModuleName, sdk.NewCoins(held)))
	}
	require.NoError(l.r, other.k.InitGenesis(other.ctx, *exported))
	other.check()
	again, err := other.k.ExportGenesis(other.ctx)
	require.NoError(l.r, err)
	require.Equal(l.r, exported, again)
}
