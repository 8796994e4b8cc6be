package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/machine"
)

// BondMachines registers machines, all or none of them.
func (k msgServer) BondMachines(ctx context.Context, msg *machine.MsgBondMachines) (*machine.MsgBondMachinesResponse, error) {
	owner, err := k.account("owner", msg.Owner)
	if err != nil {
		return nil, err
	}
	if err := batch("bonds", len(msg.Bonds)); err != nil {
		return nil, err
	}
	for _, bond := range msg.Bonds {
		if err := k.bond(ctx, owner, bond); err != nil {
			return nil, err
		}
	}
	return &machine.MsgBondMachinesResponse{}, nil
}

func (k *Keeper) bond(ctx context.Context, owner sdk.AccAddress, bond machine.Bond) error {
	if err := k.checkBond(ctx, owner.String(), &bond); err != nil {
		return err
	}
	former, err := k.former(ctx, bond)
	if err != nil {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	stake := params.RequiredStake(len(bond.Facts.Slots), bond.PricePerDay)
	m := machine.Machine{
		Id: bond.MachineId, Owner: owner.String(), Operator: bond.Operator, Payout: bond.Payout, Facts: bond.Facts,
		BondSeq: bond.BondSeq, ListingVersion: former.ListingVersion + 1, PricePerDay: bond.PricePerDay, ExitNoticeSeconds: bond.ExitNoticeSeconds,
		Stake: stake, StakeRequired: stake, State: machine.MACHINE_STATE_BONDED,
	}
	if err := k.holdGPUs(ctx, m, nil, m.Facts.GPUIDs(), params.GpuCooldown); err != nil {
		return err
	}
	if err := k.take(ctx, owner, stake); err != nil {
		return errorsmod.Wrapf(err, "stake %dudbc of machine %s", stake, m.Id)
	}
	if err := k.Bonds.Set(ctx, m.Id, m); err != nil { // no offer before SetOnline
		return err
	}
	return emit(ctx, &machine.EventBonded{MachineId: m.Id, Owner: m.Owner, Operator: m.Operator, Stake: m.Stake, ListingVersion: m.ListingVersion})
}

// checkBond checks what can be checked of a bond without a store, its id by the signature,
// and canonicalizes its addresses.
func (k *Keeper) checkBond(ctx context.Context, owner string, bond *machine.Bond) error {
	operator, err := k.account("operator", bond.Operator)
	if err != nil {
		return err
	}
	payout, err := k.account("payout", bond.Payout)
	if err != nil {
		return err
	}
	bond.Operator, bond.Payout = operator.String(), payout.String()
	if err := checkFacts(ctx, bond.Facts); err != nil {
		return err
	}
	if err := machine.ValidatePrice(bond.PricePerDay); err != nil {
		return err
	}
	if err := machine.ValidateExitNotice(bond.ExitNoticeSeconds); err != nil {
		return err
	}
	text := machine.BondText(chainID(ctx), bond.MachineId, owner, bond.BondSeq, bond.Expiry, bond.Facts)
	return signed(ctx, bond.MachineId, text, bond.Signature, bond.Expiry)
}

// former returns the retired bond of the same machine, zero without one. A
// machine that is not retired, or whose stake is still deposited, can't be
// bonded again, and a signature can be used only once.
func (k *Keeper) former(ctx context.Context, bond machine.Bond) (machine.Machine, error) {
	m, err := k.Bonds.Get(ctx, bond.MachineId)
	if errors.Is(err, collections.ErrNotFound) {
		m, err = machine.Machine{}, nil
	}
	if err != nil {
		return m, err
	}
	if m.Id != "" && m.State != machine.MACHINE_STATE_RETIRED {
		return machine.Machine{}, detail.Add(machine.ErrBonded.Wrapf("machine %s by %s; its owner must retire it first", m.Id, m.Owner),
			detail.Map{"machine_id": m.Id, "owner": m.Owner})
	}
	if m.Stake != 0 {
		return machine.Machine{}, detail.Add(machine.ErrUnbonding.Wrapf("machine %s holds %dudbc of %s, who must withdraw it first, once it has unbonded", m.Id, m.Stake, m.Owner),
			detail.Map{"machine_id": m.Id, "stake": m.Stake, "owner": m.Owner})
	}
	return m, newSeq(m, bond.BondSeq)
}

func newSeq(m machine.Machine, bondSeq uint64) error {
	if bondSeq <= m.BondSeq {
		return detail.Add(machine.ErrBondSeq.Wrapf("bond_seq %d: must be above %d; sign again with a higher one", bondSeq, m.BondSeq),
			detail.Map{"least": m.BondSeq + 1})
	}
	return nil
}

// checkFacts checks facts by themselves and against the chain.
func checkFacts(ctx context.Context, facts machine.Facts) error {
	if err := facts.Validate(); err != nil {
		return err
	}
	return facts.AllowedOn(chainID(ctx))
}
