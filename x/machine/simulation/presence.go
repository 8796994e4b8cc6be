package simulation

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/machine/keeper"
)

// SetOnline brings back a machine that is offline.
func SetOnline(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgSetOnline, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, rarely(r, func(m machine.Machine) bool { return listed(m) && !online(m) }))
		if !ok {
			return "", nil, false
		}
		return m.Operator, &machine.MsgSetOnline{
			Operator: m.Operator, MachineId: m.Id, Expiry: expiry(ctx),
			Signature: nodeByID[m.Id].sign(machine.OnlineText(ctx.ChainID(), m.Id, m.BondSeq, expiry(ctx))),
		}, true
	})
}

// SetOffline takes a machine away.
func SetOffline(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgSetOffline, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, rarely(r, online))
		return m.Operator, &machine.MsgSetOffline{Operator: m.Operator, MachineId: m.Id}, ok
	})
}

// Challenge challenges an online machine.
func Challenge(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgChallenge, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, rarely(r, online))
		challenger := someone(r, data.AllAccounts(), data.AccountsCount())
		if r.Intn(2) == 0 { // a renter may challenge in addition to others
			challenger = renter(ctx, k, data, m.Id, challenger)
		}
		return challenger, &machine.MsgChallenge{Challenger: challenger, MachineId: m.Id}, ok
	})
}

// renter returns an account that rents the machine, if there is one.
func renter(ctx sdk.Context, k *keeper.Keeper, data *simsx.ChainDataSource, id, instead string) string {
	for _, account := range data.AllAccounts() {
		if slots, err := k.RentedSlots(ctx, id, account.Address); err == nil && len(slots) > 0 {
			return account.AddressBech32
		}
	}
	return instead
}

// AnswerChallenge answers an open challenge.
func AnswerChallenge(k *keeper.Keeper) simsx.SimMsgFactoryX {
	return Attempt(refused, func(ctx sdk.Context, data *simsx.ChainDataSource) (string, *machine.MsgAnswerChallenge, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, func(m machine.Machine) bool { return len(m.OpenChallenges) > 0 })
		if !ok {
			return "", nil, false
		}
		c, err := k.Challenges.Get(ctx, m.OpenChallenges[r.Intn(len(m.OpenChallenges))])
		return m.Operator, &machine.MsgAnswerChallenge{
			Operator: m.Operator, MachineId: m.Id, ChallengeId: c.Id, Height: c.Height,
			Signature: nodeByID[m.Id].sign(machine.AnswerText(ctx.ChainID(), m.Id, c.Id, c.Height)),
		}, err == nil
	})
}

// ReleaseGPU is a proposal that takes a GPU id from a machine.
func ReleaseGPU(k *keeper.Keeper) simsx.SimMsgFactoryFn[*machine.MsgReleaseGPU] {
	return Proposal(func(ctx sdk.Context, data *simsx.ChainDataSource, authority string) (*machine.MsgReleaseGPU, bool) {
		r := data.Rand().Rand
		m, ok := pick(ctx, r, k, func(m machine.Machine) bool { return listed(m) && len(m.HeldGPUs()) > 0 })
		if !ok {
			return nil, false
		}
		held := m.HeldGPUs()
		return &machine.MsgReleaseGPU{Authority: authority, GpuId: held[r.Intn(len(held))]}, true
	})
}

// UpdateParams is a proposal to governance.
func UpdateParams() simsx.SimMsgFactoryFn[*machine.MsgUpdateParams] {
	return Proposal(func(_ sdk.Context, data *simsx.ChainDataSource, authority string) (*machine.MsgUpdateParams, bool) {
		return &machine.MsgUpdateParams{Authority: authority, Params: RandomParams(data.Rand().Rand)}, true
	})
}
