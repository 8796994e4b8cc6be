// Package keeper stores the rentals of the chain and moves their money.
package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"
	collcodec "cosmossdk.io/collections/codec"
	"cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/detail"
	"github.com/dbc-network/dbc/x/internal/due"
	"github.com/dbc-network/dbc/x/internal/halt"
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Keeper stores rentals, the indexes and queues derived from them, and the escrow.
type Keeper struct {
	authority    string
	bank         xrental.BankKeeper
	distribution xrental.DistributionKeeper
	machines     xrental.MachineKeeper
	logger       log.Logger

	Schema  collections.Schema
	Params  collections.Item[xrental.Params]
	NextID  collections.Sequence
	Rentals collections.Map[uint64, xrental.Rental]

	openByRenter  addressIndex
	overByRenter  addressIndex
	overByMachine machineIndex
	trials        collections.Map[sdk.AccAddress, []uint64] // open ones of a renter
	heldByMachine machineIndex                              // with a held penalty
	// unsettled is over on a machine and waits for a challenge, or for a block after its
	// verdict.
	unsettled collections.KeySet[collections.Pair[string, moment]]
	verdicts  collections.Map[collections.Pair[string, time.Time], xrental.Verdict]
	ready     collections.Map[collections.Pair[time.Time, string], moment] // verdicts to be carried out, and how far that has got
	// undecided are trials of a renter on a machine that ended while a challenge was open.
	undecided collections.KeySet[collections.Triple[sdk.AccAddress, string, uint64]]

	deadlines timeQueue         // trials by deadline, without halted time
	ends      timeQueue         // open rentals by end; a halt does not move ends
	closed    timeQueue         // settled rentals by when they were over
	heldQueue timeQueue         // rentals with a held penalty by when it is paid
	failed    due.Queue[uint64] // rentals that could not be settled

	cooldowns     collections.Map[collections.Pair[sdk.AccAddress, string], time.Time]
	cooldownQueue collections.KeySet[collections.Triple[time.Time, sdk.AccAddress, string]]
}

type (
	addressIndex = collections.KeySet[collections.Pair[sdk.AccAddress, uint64]]
	machineIndex = collections.KeySet[collections.Pair[string, uint64]]
	timeQueue    = due.Times[uint64]
)

// NewKeeper returns a keeper. The authority may change parameters and break any rental.
func NewKeeper(
	cdc codec.BinaryCodec,
	storeService store.KVStoreService,
	authority string,
	bank xrental.BankKeeper,
	distribution xrental.DistributionKeeper,
	machines xrental.MachineKeeper,
	logger log.Logger,
) (Keeper, error) {
	if _, err := sdk.AccAddressFromBech32(authority); err != nil {
		return Keeper{}, xrental.ErrInvalid.Wrapf("authority is %q: %s", authority, err)
	}
	sb := collections.NewSchemaBuilder(storeService)
	byAddress := collections.PairKeyCodec(sdk.AccAddressKey, collections.Uint64Key)
	byMachine := collections.PairKeyCodec(collections.StringKey, collections.Uint64Key)
	byTime := collections.PairKeyCodec(due.TimeKey, collections.Uint64Key)
	k := Keeper{
		authority: authority, bank: bank, distribution: distribution, machines: machines,
		logger: logger.With("module", "x/"+xrental.ModuleName),

		Params:  collections.NewItem(sb, xrental.ParamsKey, "params", codec.CollValue[xrental.Params](cdc)),
		NextID:  collections.NewSequence(sb, xrental.NextIDKey, "next_id"),
		Rentals: collections.NewMap(sb, xrental.RentalsKey, "rentals", collections.Uint64Key, codec.CollValue[xrental.Rental](cdc)),

		overByRenter:  collections.NewKeySet(sb, xrental.OverByRenterKey, "over_by_renter", byAddress),
		openByRenter:  collections.NewKeySet(sb, xrental.OpenByRenterKey, "open_by_renter", byAddress),
		trials:        collections.NewMap(sb, xrental.TrialsKey, "trials", sdk.AccAddressKey, machine.RentIDs),
		overByMachine: collections.NewKeySet(sb, xrental.OverByMachineKey, "over_by_machine", byMachine),
		heldByMachine: collections.NewKeySet(sb, xrental.HeldByMachineKey, "held_by_machine", byMachine),
		unsettled: collections.NewKeySet(sb, xrental.UnsettledKey, "unsettled",
			collections.PairKeyCodec(collections.StringKey, byTime)),
		verdicts: collections.NewMap(sb, xrental.VerdictsKey, "verdicts",
			collections.PairKeyCodec(collections.StringKey, due.TimeKey), codec.CollValue[xrental.Verdict](cdc)),
		ready: collections.NewMap(sb, xrental.ReadyKey, "ready",
			collections.PairKeyCodec(due.TimeKey, collections.StringKey), collcodec.KeyToValueCodec(byTime)),

		deadlines: collections.NewKeySet(sb, xrental.DeadlinesKey, "deadlines", byTime),
		ends:      collections.NewKeySet(sb, xrental.EndsKey, "ends", byTime),
		closed:    collections.NewKeySet(sb, xrental.ClosedKey, "closed", byTime),
		heldQueue: collections.NewKeySet(sb, xrental.HeldQueueKey, "held_queue", byTime),
		failed: due.NewQueue(sb, due.Config[uint64]{
			Name: "rentals", Retries: xrental.RetriesKey, Failures: xrental.FailuresKey, Key: collections.Uint64Key, Parks: true,
		}),

		cooldowns: collections.NewMap(sb, xrental.CooldownsKey, "cooldowns",
			collections.PairKeyCodec(sdk.AccAddressKey, collections.StringKey), collcodec.KeyToValueCodec(due.TimeKey)),
		cooldownQueue: collections.NewKeySet(sb, xrental.CooldownQueueKey, "cooldown_queue",
			collections.TripleKeyCodec(due.TimeKey, sdk.AccAddressKey, collections.StringKey)),
		undecided: collections.NewKeySet(sb, xrental.UndecidedKey, "undecided",
			collections.TripleKeyCodec(sdk.AccAddressKey, collections.StringKey, collections.Uint64Key)),
	}
	schema, err := sb.Build()
	if err != nil {
		return Keeper{}, err
	}
	k.Schema = schema
	return k, nil
}

// Authority returns the address that governs the module.
func (k Keeper) Authority() string { return k.authority }

func (k Keeper) clock(ctx context.Context) (halt.Clock, error) { return halt.Now(ctx, k.machines) }

// rental returns a rental as stored.
func (k Keeper) rental(ctx context.Context, id uint64) (xrental.Rental, error) {
	r, err := k.Rentals.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return r, detail.Add(xrental.ErrNotFound.Wrapf("rent_id is %d; it never was, or was over long ago and forgotten", id),
			detail.Map{"rent_id": id})
	}
	return r, err
}

// view returns what is known about a stored rental's machine: for a rental that
// is over and waited for a challenge, what the verdict says.
func (k Keeper) view(ctx context.Context, r xrental.Rental, c halt.Clock) (rental.View, error) {
	if at, closed := r.ClosedAt(); closed && !r.Settled() {
		verdict, found, err := k.verdict(ctx, r.MachineId, at)
		if err != nil {
			return rental.View{}, err
		}
		if found {
			return judged(at, verdict), nil
		}
	}
	return k.present(ctx, r, c)
}

// present returns what is known about a rental's machine now. For a rental that
// is over the time is when it was over.
func (k Keeper) present(ctx context.Context, r xrental.Rental, c halt.Clock) (rental.View, error) {
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return rental.View{}, err
	}
	v := rental.View{Now: c.Now}
	if m.OfflineSince != nil {
		v.OfflineSince = *m.OfflineSince
	}
	challenge, open, err := k.machines.OpenChallenge(ctx, r.MachineId)
	if err != nil {
		return rental.View{}, err
	}
	if open {
		v.ChallengedAt = challenge.Time
	}
	if at, closed := r.ClosedAt(); closed {
		v.Now = at
		if !v.ChallengedAt.Before(at) {
			v.ChallengedAt = time.Time{} // made only after it was over
		}
	}
	return v, nil
}
