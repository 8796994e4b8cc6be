package simulation

import (
	"time"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/machine/keeper"
)

// BondMachines bonds up to three nodes that are not bonded.
func BondMachines(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgBondMachines, bool) {
		r := data.Rand().Rand
		msg := &machine.MsgBondMachines{Owner: someone(r, data.AllAccounts(), Owners)}
		blind := r.Intn(20) == 0
		for _, i := range r.Perm(Nodes) {
			n := nodes[i]
			former, err := k.GetMachine(ctx, n.ID)
			if err == nil && (listed(former) || former.Stake != 0) && !blind {
				continue
			}
			msg.Bonds = append(msg.Bonds, bond(ctx, data, msg.Owner, n, former.BondSeq+1))
			if len(msg.Bonds) > r.Intn(3) {
				break
			}
		}
		return msg.Owner, msg, len(msg.Bonds) > 0
	})
}

func bond(ctx sdk.Context, data *simsx.ChainDataSource, owner string, n Node, seq uint64) machine.Bond {
	r := data.Rand().Rand
	facts := randomFacts(r, n)
	return machine.Bond{
		MachineId: n.ID, Operator: someone(r, data.AllAccounts(), Operators), Payout: someone(r, data.AllAccounts(), data.AccountsCount()),
		Facts: facts, PricePerDay: randomPrice(r), ExitNoticeSeconds: randomNotice(r), BondSeq: seq, Expiry: expiry(ctx),
		Signature: n.sign(machine.BondText(ctx.ChainID(), n.ID, owner, seq, expiry(ctx), facts)),
	}
}

// UpdateFacts changes addresses, or all facts of a machine.
func UpdateFacts(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgUpdateFacts, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, rarely(r, listed))
		if !ok {
			return "", nil, false
		}
		facts, n := m.Facts, nodeByID[m.Id]
		if randomAddresses(r, &facts); r.Intn(3) == 0 {
			facts = randomFacts(r, n)
		}
		seq := m.BondSeq + uint64(r.Intn(20)) // zero is refused
		return m.Operator, &machine.MsgUpdateFacts{
			Operator: m.Operator, MachineId: m.Id, Facts: facts, BondSeq: seq, Expiry: expiry(ctx),
			Signature: n.sign(machine.BondText(ctx.ChainID(), m.Id, m.Owner, seq, expiry(ctx), facts)),
		}, true
	})
}

// SetPrice changes up to three prices.
func SetPrice(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgSetPrice, bool) {
		r := data.Rand().Rand
		msg := &machine.MsgSetPrice{}
		for _, m := range beside(ctx, r, k, rarely(r, listed)) {
			msg.Operator = m.Operator
			msg.Prices = append(msg.Prices, machine.PriceChange{MachineId: m.Id, PricePerDay: randomPrice(r), ExitNoticeSeconds: randomNotice(r)})
		}
		return msg.Operator, msg, len(msg.Prices) > 0
	})
}

// SetSlots takes some slots out of service, including rented ones, and puts others in.
func SetSlots(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgSetSlots, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, rarely(r, listed))
		if !ok {
			return "", nil, false
		}
		msg := &machine.MsgSetSlots{Operator: m.Operator, MachineId: m.Id}
		for slot := range m.Whole() + uint32(r.Intn(20)/19) { // one too many is refused
			switch r.Intn(6) {
			case 0:
				msg.OutOfService = append(msg.OutOfService, slot)
			case 1, 2, 3:
				msg.InService = append(msg.InService, slot)
			}
		}
		return m.Operator, msg, true
	})
}

// Drain announces the end of up to three listings, or lifts that.
func Drain(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgDrain, bool) {
		r := data.Rand().Rand
		msg := &machine.MsgDrain{}
		for _, m := range beside(ctx, r, k, listed) {
			msg.Operator = m.Operator
			msg.MachineIds = append(msg.MachineIds, m.Id)
		}
		if r.Intn(3) != 0 {
			from := ctx.BlockTime().Add(time.Duration(r.Intn(5*86_400)) * time.Second)
			msg.From = &from
		}
		return msg.Operator, msg, len(msg.MachineIds) > 0
	})
}

// AddStake fills up a stake, or adds a little more; sometimes a stranger sends it.
func AddStake(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgAddStake, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, func(m machine.Machine) bool { return listed(m) && m.StakeShort() > 0 })
		if !ok || r.Intn(4) == 0 {
			m, ok = pick(ctx, r, k, rarely(r, listed))
		}
		amount := uint64(r.Int63n(1_000_000)) + m.StakeShort()
		sender := m.Owner
		if r.Intn(3) == 0 {
			sender = someone(r, data.AllAccounts(), data.AccountsCount())
		}
		return sender, &machine.MsgAddStake{Sender: sender, MachineId: m.Id, Amount: amount}, ok
	})
}

// Retire ends a listing, of a machine without rentals if there is one.
func Retire(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgRetire, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, rarely(r, func(m machine.Machine) bool {
			rented, err := k.Slots.Has(ctx, m.Id)
			return err == nil && listed(m) && len(m.OpenChallenges) == 0 && !rented
		}))
		return m.Owner, &machine.MsgRetire{Owner: m.Owner, MachineId: m.Id}, ok
	})
}

// WithdrawStake withdraws the stake of a retired machine, sometimes too early.
func WithdrawStake(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgWithdrawStake, bool) {
		r := data.Rand().Rand
		params, err := k.Params.Get(ctx)
		if err != nil {
			return "", nil, false
		}
		early := r.Intn(20) == 0
		m, ok := pick(ctx, r, k, rarely(r, func(m machine.Machine) bool {
			return retired(m) && m.Stake > 0 && (early || !ctx.BlockTime().Before(m.UnbondedAt(params.UnbondingTime)))
		}))
		return m.Owner, &machine.MsgWithdrawStake{Owner: m.Owner, MachineId: m.Id}, ok
	})
}
