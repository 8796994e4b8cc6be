package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/cosmos/cosmos-sdk/codec"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servergrpc "github.com/cosmos/cosmos-sdk/server/grpc"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	blocks = 51 // empty ones
	rounds = 10 // of sends, rents and confirms
	asks   = 500
)

type rowFunc func(what, format string, values ...any)

func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[int(q*float64(len(sorted)-1))]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1e3) }

// emptyBlocks is the median of some blocks in which nothing happens.
func (w *world) emptyBlocks(ctx context.Context) (time.Duration, error) {
	var all []time.Duration
	for range blocks {
		took, err := w.block(time.Second, nil)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return quantile(all, 0.5), nil
}

func (w *world) measureIdle(ctx context.Context, row rowFunc, small time.Duration) error {
	took, err := w.emptyBlocks(ctx)
	if err != nil {
		return err
	}
	row(fmt.Sprintf("empty block, none due, median of %d: with 1,000 open rentals; with %d", blocks, len(w.machines)), "%s; %s", ms(small), ms(took))
	return nil
}

// deliver is what a node does with each transaction: check it, then carry it out in a block.
func (w *world) deliver(msg func(i int) sdk.Msg) (time.Duration, error) {
	txs, err := w.sign(msg)
	if err != nil {
		return 0, err
	}
	started := time.Now()
	for _, tx := range txs {
		reply, err := w.app.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
		if err != nil || reply.Code != 0 {
			return 0, fmt.Errorf("check transaction: %w %v", err, reply)
		}
	}
	checked := time.Since(started)
	took, err := w.block(time.Second, txs)
	return checked + took, err
}

// measureLoad interleaves blocks of bank sends, rents and confirms, so that
// all three have the same company. Each rent is of another machine's free slot.
func (w *world) measureLoad(ctx context.Context, row rowFunc) error {
	var sends, rents, confirms time.Duration
	first := len(w.machines) - rounds*renters
	if first < w.due {
		return fmt.Errorf("%d machines are too few for %d rents beside %d that are due", len(w.machines), rounds*renters, w.due)
	}
	for round := range rounds {
		at := first + round*renters
		id := uint64(len(w.machines) + round*renters)
		for _, part := range []struct {
			sum *time.Duration
			msg func(i int) sdk.Msg
		}{
			{&sends, func(i int) sdk.Msg {
				return banktypes.NewMsgSend(addressOf(w.renters[i]), addressOf(w.renters[(i+1)%renters]), sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, 1)))
			}},
			{&rents, func(i int) sdk.Msg {
				return &rental.MsgRentMachine{
					Renter: addressOf(w.renters[i]).String(), MachineId: w.machines[at+i].Id, DurationSeconds: 7200, Slots: 1, MaxTotal: 12 * dbc, ListingVersion: 1,
				}
			}},
			{&confirms, func(i int) sdk.Msg {
				return &rental.MsgConfirmRent{Renter: addressOf(w.renters[i]).String(), RentId: id + uint64(i) + 1}
			}},
		} {
			took, err := w.deliver(part.msg)
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			*part.sum += took
		}
	}
	perSecond := func(d time.Duration) float64 { return rounds * renters / d.Seconds() }
	row("bank sends; rents; confirms, each checked and carried out", "%.0f; %.0f; %.0f per second", perSecond(sends), perSecond(rents), perSecond(confirms))
	row("rents ÷ bank sends (budget ≥ 0.6)", "%.2f", sends.Seconds()/rents.Seconds())
	row("whole rentals ÷ bank sends (budget ≥ 0.3); blocks from decision to machine", "%.2f; 1", sends.Seconds()/(rents+confirms).Seconds())
	return nil
}

// measureQueries asks over gRPC, one after the other, in turns of all filters.
func (w *world) measureQueries(ctx context.Context, row rowFunc) (err error) {
	server, err := servergrpc.NewGRPCServer(w.app.ClientContext(), w.app, serverconfig.DefaultConfig().GRPC)
	if err != nil {
		return fmt.Errorf("make gRPC server: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		server.Stop()
		err = errors.Join(err, <-served)
	}()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec.NewProtoCodec(w.app.Registry).GRPCCodec())))
	if err != nil {
		return fmt.Errorf("dial: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	const online = machine.MACHINE_STATE_ONLINE
	filters := []struct {
		name string
		req  machine.QueryMachinesRequest
	}{
		{"none", machine.QueryMachinesRequest{}},
		{"state", machine.QueryMachinesRequest{State: online}},
		{"gpu_type", machine.QueryMachinesRequest{GpuType: "H100"}},
		{"online, free_slots_min, gpu_type", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1, GpuType: "H100"}},
		{"owner", machine.QueryMachinesRequest{Owner: ownerOf(7)}},
		{"operator", machine.QueryMachinesRequest{Operator: ownerOf(7)}},
		{"country", machine.QueryMachinesRequest{Country: "DE"}},
		{"gpu_type and a country of one in a thousand: 1,000 scanned, next key", machine.QueryMachinesRequest{GpuType: "B200", Country: rare}},
	}
	took := make([][]time.Duration, 2*len(filters))
	queries := machine.NewQueryClient(conn)
	for range asks {
		for i := range took {
			req := filters[i/2].req
			req.Pagination = &query.PageRequest{Limit: []uint64{20, 100}[i%2]}
			started := time.Now()
			if _, err := queries.Machines(ctx, &req); err != nil {
				return fmt.Errorf("machines by %s: %w", filters[i/2].name, err)
			}
			took[i] = append(took[i], time.Since(started))
		}
	}
	for i, filter := range filters {
		row("Machines over gRPC, first page of 20; of 100, p50/p99, by "+filter.name, "%s/%s; %s/%s",
			ms(quantile(took[2*i], 0.5)), ms(quantile(took[2*i], 0.99)), ms(quantile(took[2*i+1], 0.5)), ms(quantile(took[2*i+1], 0.99)))
	}
	return nil
}

// measureDue lets rentals end together and counts the blocks until all are settled.
func (w *world) measureDue(ctx context.Context, row rowFunc) error {
	limit := int(rental.DefaultParams().MaxDuePerBlock)
	empty, err := w.emptyBlocks(ctx)
	if err != nil {
		return err
	}
	var all []time.Duration
	after := begin.Add(soon).Sub(w.now)
	for range (w.due + limit - 1) / limit {
		took, err := w.block(after, nil)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		all, after = append(all, took), time.Second
	}
	reply, err := w.block(time.Second, nil)
	if err != nil {
		return err
	}
	var sum time.Duration
	for _, took := range all {
		sum += took - empty
	}
	row(fmt.Sprintf("%d rentals due at once", w.due), "settled in %d blocks of %d at most: median %s, longest %s; %.0f µs for each; the block after them %s",
		len(all), limit, ms(quantile(all, 0.5)), ms(slices.Max(all)), sum.Seconds()*1e6/float64(w.due), ms(reply))
	return nil
}
