// Package keeper holds the rentals of the chain and moves their money.
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
	"github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Keeper keeps rentals, the indexes and queues that follow from them, and the escrow.
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
	// unsettled is over on a machine and waits for a challenge, or for a block after its verdict.
	unsettled collections.KeySet[collections.Pair[string, moment]]
	verdicts  collections.Map[collections.Pair[string, time.Time], xrental.Verdict]
	ready     collections.Map[collections.Pair[time.Time, string], moment] // verdicts to be carried out, and how far that is
	// undecided are trials of a renter on a machine that were over while a challenge was open.
	undecided collections.KeySet[collections.Triple[sdk.AccAddress, string, uint64]]

	deadlines timeQueue // trials by deadline, without halted time
	ends      timeQueue // open rentals by end; a halt does not move ends
	closed    timeQueue // settled rentals by when they were over
	heldQueue timeQueue // rentals with a held penalty by when it is paid
	retries   timeQueue // rentals that could not be settled by their next attempt
	failures  collections.Map[uint64, xrental.DueFailure]

	cooldowns     collections.Map[collections.Pair[sdk.AccAddress, string], time.Time]
	cooldownQueue collections.KeySet[collections.Triple[time.Time, sdk.AccAddress, string]]
}

type (
	addressIndex = collections.KeySet[collections.Pair[sdk.AccAddress, uint64]]
	machineIndex = collections.KeySet[collections.Pair[string, uint64]]
	timeQueue    = collections.KeySet[collections.Pair[time.Time, uint64]]
)

// timeKey orders times to the nanosecond; collections has no such key of its own.
var timeKey = sdk.TimeKey //nolint:staticcheck // deprecated without a replacement in the pinned collections

// NewKeeper makes the keeper. The authority may change parameters and break any rental.
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
	byTime := collections.PairKeyCodec(timeKey, collections.Uint64Key)
	k := Keeper{
		authority: authority, bank: bank, distribution: distribution, machines: machines,
		logger: logger.With("module", "x/"+xrental.ModuleName),

		Params:  collections.NewItem(sb, collections.NewPrefix(0), "params", codec.CollValue[xrental.Params](cdc)),
		NextID:  collections.NewSequence(sb, collections.NewPrefix(1), "next_id"),
		Rentals: collections.NewMap(sb, collections.NewPrefix(2), "rentals", collections.Uint64Key, codec.CollValue[xrental.Rental](cdc)),

		overByRenter:  collections.NewKeySet(sb, collections.NewPrefix(3), "over_by_renter", byAddress),
		openByRenter:  collections.NewKeySet(sb, collections.NewPrefix(4), "open_by_renter", byAddress),
		trials:        collections.NewMap(sb, collections.NewPrefix(5), "trials", sdk.AccAddressKey, machine.RentIDs),
		overByMachine: collections.NewKeySet(sb, collections.NewPrefix(6), "over_by_machine", byMachine),
		heldByMachine: collections.NewKeySet(sb, collections.NewPrefix(25), "held_by_machine", byMachine),
		unsettled: collections.NewKeySet(sb, collections.NewPrefix(7), "unsettled",
			collections.PairKeyCodec(collections.StringKey, byTime)),
		verdicts: collections.NewMap(sb, collections.NewPrefix(8), "verdicts",
			collections.PairKeyCodec(collections.StringKey, timeKey), codec.CollValue[xrental.Verdict](cdc)),
		ready: collections.NewMap(sb, collections.NewPrefix(16), "ready",
			collections.PairKeyCodec(timeKey, collections.StringKey), collcodec.KeyToValueCodec(byTime)),

		deadlines: collections.NewKeySet(sb, collections.NewPrefix(9), "deadlines", byTime),
		ends:      collections.NewKeySet(sb, collections.NewPrefix(10), "ends", byTime),
		closed:    collections.NewKeySet(sb, collections.NewPrefix(11), "closed", byTime),
		heldQueue: collections.NewKeySet(sb, collections.NewPrefix(26), "held_queue", byTime),
		retries:   collections.NewKeySet(sb, collections.NewPrefix(12), "retries", byTime),
		failures:  collections.NewMap(sb, collections.NewPrefix(13), "failures", collections.Uint64Key, codec.CollValue[xrental.DueFailure](cdc)),

		cooldowns: collections.NewMap(sb, collections.NewPrefix(14), "cooldowns",
			collections.PairKeyCodec(sdk.AccAddressKey, collections.StringKey), collcodec.KeyToValueCodec(timeKey)),
		cooldownQueue: collections.NewKeySet(sb, collections.NewPrefix(15), "cooldown_queue",
			collections.TripleKeyCodec(timeKey, sdk.AccAddressKey, collections.StringKey)),
		undecided: collections.NewKeySet(sb, collections.NewPrefix(17), "undecided",
			collections.TripleKeyCodec(sdk.AccAddressKey, collections.StringKey, collections.Uint64Key)),
	}
	schema, err := sb.Build()
	if err != nil {
		return Keeper{}, err
	}
	k.Schema = schema
	return k, nil
}

// Authority is the address that governs the module.
func (k Keeper) Authority() string { return k.authority }

// clock is the block's time and what goes with it.
type clock struct {
	now    time.Time
	halted time.Duration
	height int64
}

func (k Keeper) clock(ctx context.Context) (clock, error) {
	halted, err := k.machines.Halted(ctx)
	if err != nil {
		return clock{}, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	return clock{now: sdkCtx.BlockTime(), halted: halted, height: sdkCtx.BlockHeight()}, nil
}

// rental loads a rental as it is stored.
func (k Keeper) rental(ctx context.Context, id uint64) (xrental.Rental, error) {
	r, err := k.Rentals.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return r, xrental.ErrNotFound.Wrapf("rent_id is %d; it never was, or was over long ago and forgotten", id)
	}
	return r, err
}

// view is what is known of a stored rental's machine: of one that is over and
// waited for a challenge, what the verdict says.
func (k Keeper) view(ctx context.Context, r xrental.Rental, c clock) (rental.View, error) {
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

// present is what is known of a rental's machine now. For a rental that is over
// the time is when it was over.
func (k Keeper) present(ctx context.Context, r xrental.Rental, c clock) (rental.View, error) {
	m, err := k.machines.GetMachine(ctx, r.MachineId)
	if err != nil {
		return rental.View{}, err
	}
	v := rental.View{Now: c.now}
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
			v.ChallengedAt = time.Time{} // asked only after it was over
		}
	}
	return v, nil
}
