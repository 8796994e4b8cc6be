// Package keeper holds the state of bonded machines: bonds with their stake,
// listings, slots that rentals reserved, challenges and the chain's halts.
package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
)

// timeKey sorts queues.
var timeKey = sdk.TimeKey //nolint:staticcheck // deprecated without a replacement in the pinned collections

// Keeper is the only writer of the module's store and of its module account.
type Keeper struct {
	bank      machine.BankKeeper
	accounts  machine.AccountKeeper
	authority string
	hooks     machine.MachineHooks

	// Schema describes the store.
	Schema collections.Schema
	// Parameters are the module's.
	Parameters collections.Item[machine.Params]
	// Halt is the sum of all time in which the chain stood still.
	Halt collections.Item[machine.Halt]
	// Halts are the spans of that sum by their begin.
	Halts collections.Map[time.Time, machine.HaltSpan]
	// Beginning is the first block since genesis.
	Beginning collections.Item[machine.Beginning]
	// Bonds are all machines that were ever bonded: a retired one stays, so that its bond_seq can't be used again.
	Bonds *collections.IndexedMap[string, machine.Machine, terms]
	// Offers are the online machines with free slots by GPU type and free slots.
	Offers collections.KeySet[offer]
	// Slots holds the rental of each slot of a machine, 0 where it is free; nothing while all are.
	Slots collections.Map[string, []uint64]
	// GPUs holds the machine that a GPU id is bonded to.
	GPUs collections.Map[string, string]
	// Cooldowns holds GPU ids that are reserved for, or barred to, their last owner.
	Cooldowns collections.Map[string, machine.GpuCooldown]
	// CooldownQueue orders them by their end.
	CooldownQueue collections.KeySet[collections.Pair[time.Time, string]]
	// Challenges are the open ones.
	Challenges collections.Map[uint64, machine.Challenge]
	// ChallengeQueue orders open challenges by stored deadline.
	ChallengeQueue collections.KeySet[collections.Pair[time.Time, uint64]]
	// NextChallenge is the id of the next challenge.
	NextChallenge collections.Sequence
}

// NewKeeper returns the keeper; authority may change the parameters.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, accounts machine.AccountKeeper, bank machine.BankKeeper, authority string) (*Keeper, error) {
	sb := collections.NewSchemaBuilder(storeService)
	k := &Keeper{
		bank: bank, accounts: accounts, authority: authority, hooks: noHooks{},
		Parameters: collections.NewItem(sb, machine.ParamsKey, "params", codec.CollValue[machine.Params](cdc)),
		Halt:       collections.NewItem(sb, machine.HaltKey, "halt", codec.CollValue[machine.Halt](cdc)),
		Halts:      collections.NewMap(sb, machine.HaltsKey, "halts", timeKey, codec.CollValue[machine.HaltSpan](cdc)),
		Beginning:  collections.NewItem(sb, machine.BeginningKey, "beginning", codec.CollValue[machine.Beginning](cdc)),
		Bonds: collections.NewIndexedMap(sb, machine.MachinesKey, "machines", collections.StringKey,
			codec.CollValue[machine.Machine](cdc), newTerms(sb)),
		Offers: collections.NewKeySet(sb, machine.OffersKey, "offers",
			collections.TripleKeyCodec(collections.StringKey, collections.Uint32Key, collections.StringKey)),
		Slots:     collections.NewMap(sb, machine.SlotsKey, "slots", collections.StringKey, machine.RentIDs),
		GPUs:      collections.NewMap(sb, machine.GPUsKey, "gpus", collections.StringKey, collections.StringValue),
		Cooldowns: collections.NewMap(sb, machine.CooldownsKey, "cooldowns", collections.StringKey, codec.CollValue[machine.GpuCooldown](cdc)),
		CooldownQueue: collections.NewKeySet(sb, machine.CooldownQueueKey, "cooldown_queue",
			collections.PairKeyCodec(timeKey, collections.StringKey)),
		Challenges: collections.NewMap(sb, machine.ChallengesKey, "challenges", collections.Uint64Key, codec.CollValue[machine.Challenge](cdc)),
		ChallengeQueue: collections.NewKeySet(sb, machine.ChallengeQueueKey, "challenge_queue",
			collections.PairKeyCodec(timeKey, collections.Uint64Key)),
		NextChallenge: collections.NewSequence(sb, machine.NextChallengeKey, "next_challenge"),
	}
	schema, err := sb.Build()
	if err != nil {
		return nil, err
	}
	k.Schema = schema
	return k, nil
}

// SetHooks names who is told of changes; app/ calls it once, before the first block.
func (k *Keeper) SetHooks(hooks machine.MachineHooks) { k.hooks = hooks }

// Authority is the address that may change the parameters.
func (k *Keeper) Authority() string { return k.authority }

// noHooks stands in where nobody rents machines out, as in this module's own tests.
type noHooks struct{}

var _ machine.MachineHooks = noHooks{}

// BeforeMachineChange settles nothing.
func (noHooks) BeforeMachineChange(context.Context, string) error { return nil }

// AfterMachineOffline tells nobody.
func (noHooks) AfterMachineOffline(context.Context, string, time.Time, uint64) error { return nil }

// AfterMachineOnline tells nobody.
func (noHooks) AfterMachineOnline(context.Context, string, time.Time, time.Time) error { return nil }

// RentedSlots are none.
func (noHooks) RentedSlots(context.Context, string, sdk.AccAddress) ([]uint32, error) {
	return nil, nil
}

// AfterChallengeClosed tells nobody.
func (noHooks) AfterChallengeClosed(context.Context, string, uint64, bool) error { return nil }
