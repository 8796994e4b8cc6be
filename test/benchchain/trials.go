package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// perBlock transactions stay within a block's gas.
const perBlock = 300

// measureTrials lets trials end together: each returns the rent to its renter
// and pays its fee to the host and the community pool. The result is compared
// with bank sends in blocks made in the same way.
func (w *world) measureTrials(ctx context.Context, row rowFunc) error {
	n := min(1_000, sum(w.due), len(w.renters))
	renter := func(i int) sdk.AccAddress { return addressOf(w.renters[i%len(w.renters)]) }
	send, err := w.spend(ctx, n, func(i int) sdk.Msg {
		return banktypes.NewMsgSend(renter(i), holder(i*7_919%len(w.machines)), sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, 1)))
	})
	if err != nil {
		return fmt.Errorf("sends: %w", err)
	}
	if _, err := w.spend(ctx, n, func(i int) sdk.Msg {
		return &rental.MsgRentMachine{Renter: renter(i).String(), MachineId: w.machines[i], DurationSeconds: 7_200, Slots: 1}
	}); err != nil {
		return fmt.Errorf("trials: %w", err)
	}
	empty, err := w.median(ctx)
	if err != nil {
		return err
	}
	var all []time.Duration
	var took time.Duration
	for range 30 { // no halt, which would move the deadlines
		if _, err := w.block(59*time.Second, nil); err != nil {
			return err
		}
	}
	for after := 50 * time.Second; ; after = time.Second {
		one, err := w.block(after, nil)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		all, took = append(all, one), took+one-empty
		last, err := w.app.Rental.Rentals.Get(w.context(), uint64(len(w.machines)+rounds*each*len(w.renters)+n))
		if err != nil {
			return fmt.Errorf("last trial: %w", err)
		}
		if last.State != rental.RENTAL_STATE_TRIAL {
			break
		}
	}
	one := took / time.Duration(n)
	row(fmt.Sprintf("%d trials run out at once, each with its fee to host and pool", n),
		"settled in %d blocks: median %s, longest %s; %s for each, %.2f times a bank send of the same blocks (%s)",
		len(all), ms(quantile(all, 0.5)), ms(slices.Max(all)), micros(one), one.Seconds()/send.Seconds(), micros(send))
	return nil
}

// spend executes n messages in blocks that it makes itself and returns the time
// of one.
func (w *world) spend(ctx context.Context, n int, msg func(i int) sdk.Msg) (time.Duration, error) {
	empty, err := w.median(ctx)
	if err != nil {
		return 0, err
	}
	txs, err := w.sign(msg)
	if err != nil {
		return 0, err
	}
	var took time.Duration
	for part := range slices.Chunk(txs[:n], perBlock) {
		one, err := w.block(time.Second, part)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, err
		}
		took += one - empty
	}
	w.sequence -= each - 1 // the others were not sent
	return took / time.Duration(n), nil
}
