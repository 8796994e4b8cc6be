// Package keeper stores bonded machines: bonds with their stake, listings,
// slots that rentals reserved, challenges and the chain's halts.
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
)

// Keeper is the only writer of the module's store and of its module account.
type Keeper struct {
	bank      machine.BankKeeper
	accounts  machine.AccountKeeper
	authority string
	hooks     machine.MachineHooks
	rentals   machine.RentalKeeper

	// Schema describes the store.
	Schema collections.Schema
	// Params are the module's parameters.
	Params collections.Item[machine.Params]
	// Record is that of halts.
	halt.Record
	// Bonds are all machines that were ever bonded: a retired one stays, so that its
	// bond_seq can't be used again.
	Bonds *collections.IndexedMap[string, machine.Machine, terms]
	// Offers are the online machines with free slots by GPU type and number of free slots.
	Offers collections.KeySet[offer]
	// Slots holds the rental of each slot of a machine, 0 where it is free; no entry while
	// all are free.
	Slots collections.Map[string, []uint64]
	// GPUs holds the machine that a GPU id is bonded to.
	GPUs collections.Map[string, string]
	// Cooldowns holds GPU ids that are reserved for, or barred to, their last owner.
	Cooldowns collections.Map[string, machine.GpuCooldown]
	// CooldownQueue orders them by their end.
	CooldownQueue due.Times[string]
	// Challenges are those that are open or void and not closed yet.
	Challenges collections.Map[uint64, machine.Challenge]
	// ChallengeQueue orders them by stored deadline, except those that could not be closed.
	ChallengeQueue due.Times[uint64]
	failed         due.Queue[uint64]
	// Asked indexes them by machine and place, and by machine and challenger.
	Asked collections.KeySet[asked]
	// NextChallenge is the id of the next challenge.
	NextChallenge collections.Sequence
}

// NewKeeper returns the keeper; authority may change the parameters.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, accounts machine.AccountKeeper, bank machine.BankKeeper, authority string) (*Keeper, error) {
	sb := collections.NewSchemaBuilder(storeService)
	k := &Keeper{
		bank: bank, accounts: accounts, authority: authority, hooks: machine.NewMultiMachineHooks(), rentals: noRentals{},
		Params: collections.NewItem(sb, machine.ParamsKey, "params", codec.CollValue[machine.Params](cdc)),
		Record: halt.NewRecord(sb, cdc),
		Bonds: collections.NewIndexedMap(sb, machine.MachinesKey, "machines", collections.StringKey,
			codec.CollValue[machine.Machine](cdc), newTerms(sb)),
		Offers: collections.NewKeySet(sb, machine.OffersKey, "offers",
			collections.TripleKeyCodec(collections.StringKey, collections.Uint32Key, collections.StringKey)),
		Slots:     collections.NewMap(sb, machine.SlotsKey, "slots", collections.StringKey, machine.RentIDs),
		GPUs:      collections.NewMap(sb, machine.GPUsKey, "gpus", collections.StringKey, collections.StringValue),
		Cooldowns: collections.NewMap(sb, machine.CooldownsKey, "cooldowns", collections.StringKey, codec.CollValue[machine.GpuCooldown](cdc)),
		CooldownQueue: collections.NewKeySet(sb, machine.CooldownQueueKey, "cooldown_queue",
			collections.PairKeyCodec(due.TimeKey, collections.StringKey)),
		Challenges: collections.NewMap(sb, machine.ChallengesKey, "challenges", collections.Uint64Key, codec.CollValue[machine.Challenge](cdc)),
		ChallengeQueue: collections.NewKeySet(sb, machine.ChallengeQueueKey, "challenge_queue",
			collections.PairKeyCodec(due.TimeKey, collections.Uint64Key)),
		// A challenge is never parked: nothing else would return the deposit of a void one.
		failed: due.NewQueue(sb, due.Config[uint64]{
			Name: "challenges", Retries: machine.ChallengeRetriesKey, Failures: machine.ChallengeFailuresKey, Key: collections.Uint64Key,
		}),
		Asked: collections.NewKeySet(sb, machine.AskedKey, "asked",
			collections.TripleKeyCodec(collections.StringKey, collections.BytesKey, collections.Uint64Key)),
		NextChallenge: collections.NewSequence(sb, machine.NextChallengeKey, "next_challenge"),
	}
	schema, err := sb.Build()
	if err != nil {
		return nil, err
	}
	k.Schema = schema
	return k, nil
}

// SetHooks sets the listeners; app/ calls it once, before the first block.
func (k *Keeper) SetHooks(hooks machine.MachineHooks) { k.hooks = hooks }

// SetRentals sets the module that rents machines out; app/ calls it once, before the
// first block.
func (k *Keeper) SetRentals(rentals machine.RentalKeeper) { k.rentals = rentals }

// Authority returns the address that may change the parameters.
func (k *Keeper) Authority() string { return k.authority }

// noRentals is used where nobody rents machines out.
type noRentals struct{}

var _ machine.RentalKeeper = noRentals{}

// SettleDue settles nothing.
func (noRentals) SettleDue(context.Context, string) error { return nil }

// RentedSlots returns none.
func (noRentals) RentedSlots(context.Context, string, sdk.AccAddress) ([]uint32, error) {
	return nil, nil
}
