package simulation

import (
	"math/rand"
	"slices"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/machine"
)

// RandomParams fit the simulator's blocks, which are 5,000 to 10,000 seconds
// apart: with some of them each block ends a halt, with others some or none do.
func RandomParams(r *rand.Rand) machine.Params {
	p := machine.DefaultParams()
	p.StakeBase = 1 + uint64(r.Int63n(200_000_000))
	p.StakePerSlot = 1 + uint64(r.Int63n(200_000_000))
	p.AnswerWindow = seconds(r, 600, 30_000)
	p.ChallengeDeposit = 1 + uint64(r.Int63n(20_000_000))
	p.DrainNotice = seconds(r, 0, 100_000)
	p.UnbondingTime = p.AnswerWindow + seconds(r, 0, 60_000)
	p.GpuCooldown = seconds(r, 0, 50_000)
	p.MaxBlockGap = []time.Duration{time.Minute, seconds(r, 5_000, 10_000), 3 * time.Hour, 3 * time.Hour}[r.Intn(4)]
	p.MaxDuePerBlock = uint32(1 + r.Intn(50))
	p.StakeDays = uint32(r.Intn(15))
	return p
}

func seconds(r *rand.Rand, least, most int) time.Duration {
	return time.Duration(simulation.RandIntBetween(r, least, most+1)) * time.Second
}

// RandomGenesis bonds some of the nodes and puts their stake into the module's
// account: x/bank's genesis must already exist.
func RandomGenesis(state *module.SimulationState) {
	r := state.Rand
	gs := machine.GenesisState{Params: RandomParams(r), NextChallengeId: 1 + uint64(r.Intn(1000))}
	stakes, gpus := uint64(0), make(map[string]bool)
	for _, n := range nodes {
		if r.Intn(3) == 0 {
			continue
		}
		m := randomMachine(state, gs.Params, n)
		if slices.ContainsFunc(m.Facts.GPUIDs(), func(id string) bool { return gpus[id] }) {
			continue
		}
		for _, id := range m.Facts.GPUIDs() {
			gpus[id] = true
		}
		gs.Machines = append(gs.Machines, m)
		stakes += m.Stake
	}
	state.GenState[machine.ModuleName] = state.Cdc.MustMarshalJSON(&gs)
	Fund(state, machine.ModuleName, stakes)
}

func randomMachine(state *module.SimulationState, params machine.Params, n Node) machine.Machine {
	r := state.Rand
	facts := randomFacts(r, n)
	m := machine.Machine{
		Id: n.ID, Owner: someone(r, state.Accounts, Owners), Operator: someone(r, state.Accounts, Operators),
		Payout: someone(r, state.Accounts, len(state.Accounts)), Facts: facts, BondSeq: uint64(r.Intn(5)),
		ListingVersion: 1 + uint64(r.Intn(5)), PricePerDay: randomPrice(r), ExitNoticeSeconds: randomNotice(r),
		State: machine.MACHINE_STATE_ONLINE,
	}
	m.StakeRequired = params.RequiredStake(len(facts.Slots), m.PricePerDay)
	m.Stake = m.StakeRequired
	switch r.Intn(6) {
	case 0:
		m.State = machine.MACHINE_STATE_BONDED
	case 1:
		since := state.GenTimestamp.Add(-time.Duration(r.Intn(3600)) * time.Second).UTC()
		m.State, m.OfflineSince = machine.MACHINE_STATE_OFFLINE, &since
	case 2:
		m.Stake = uint64(r.Int63n(int64(m.StakeRequired)))
	}
	return m
}

// Owners and Operators are the largest numbers of accounts that own and operate
// machines; few, so that lists of machines can have one signer.
const (
	Owners    = 5
	Operators = 8
)

func someone(r *rand.Rand, accounts []simulation.Account, most int) string {
	return accounts[r.Intn(min(most, len(accounts)))].Address.String()
}

// Fund gives a module's account in x/bank's genesis what the module holds.
func Fund(state *module.SimulationState, name string, amount uint64) {
	if amount == 0 {
		return
	}
	var bank banktypes.GenesisState
	state.Cdc.MustUnmarshalJSON(state.GenState[banktypes.ModuleName], &bank)
	coins := sdk.NewCoins(sdk.NewCoin(machine.Denom, math.NewIntFromUint64(amount)))
	bank.Balances = append(bank.Balances, banktypes.Balance{Address: authtypes.NewModuleAddress(name).String(), Coins: coins})
	bank.Supply = bank.Supply.Add(coins...)
	state.GenState[banktypes.ModuleName] = state.Cdc.MustMarshalJSON(&bank)
}
