package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/cosmos/cosmos-sdk/codec"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servergrpc "github.com/cosmos/cosmos-sdk/server/grpc"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/test/crowd"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	blocks = 51 // empty ones
	asks   = 500
)

type rowFunc func(what, format string, values ...any)

func quantile(all []time.Duration, q float64) time.Duration {
	sorted := slices.Clone(all)
	slices.Sort(sorted)
	return sorted[int(q*float64(len(sorted)-1))]
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f µs", d.Seconds()*1e6) }

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1e3) }

// emptyBlock returns the time of a block in which nothing happens, and that of
// the end blocks of both modules alone.
func (w *world) emptyBlock() (whole, end time.Duration, err error) {
	if whole, err = w.block(time.Second, nil); err != nil {
		return 0, 0, err
	}
	ctx := w.context()
	started := time.Now()
	err = errors.Join(w.app.Machine.EndBlock(ctx), w.app.Rental.EndBlock(ctx))
	return whole, time.Since(started), err
}

// measureIdle alternates with a store with few rentals.
func (w *world) measureIdle(ctx context.Context, row rowFunc, few *world) error {
	var whole, end [2][]time.Duration
	for range blocks {
		for i, world := range []*world{few, w} {
			all, alone, err := world.emptyBlock()
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			whole[i], end[i] = append(whole[i], all), append(end[i], alone)
		}
	}
	row(fmt.Sprintf("both modules' end block, none due, median of %d: %d open rentals; %d", blocks, len(few.machines), len(w.machines)),
		"%s; %s", micros(quantile(end[0], 0.5)), micros(quantile(end[1], 0.5)))
	row("the whole empty block with its commit, likewise", "%s; %s", ms(quantile(whole[0], 0.5)), ms(quantile(whole[1], 0.5)))
	return nil
}

// measureLoad alternates between bank sends, rents and confirms on a running
// node, and sends with Go's default garbage collection. Each rent uses another
// machine's free slot.
func (w *world) measureLoad(ctx context.Context, row rowFunc, n *running, profiles string) error {
	var sends, rents, confirms, defaults []time.Duration
	var work [4]time.Duration
	all := each * len(w.renters)
	renter := func(i int) sdk.AccAddress { return addressOf(w.renters[i%len(w.renters)]) }
	first := len(w.machines) - rounds*all
	send := func(round int) func(i int) sdk.Msg {
		return func(i int) sdk.Msg {
			to := (round*all + i) * 7_919 % len(w.machines) // a different recipient each time, because each rent uses another machine
			return banktypes.NewMsgSend(renter(i), holder(to), sdk.NewCoins(sdk.NewInt64Coin(machine.Denom, 1)))
		}
	}
	for round := range rounds {
		at := first + round*all
		id := uint64(len(w.machines) + round*all)
		for _, part := range []struct {
			name string
			all  *[]time.Duration
			work *time.Duration // of the processor
			// defaults are Go's for garbage collection, not dbcd's.
			defaults bool
			msg      func(i int) sdk.Msg
		}{
			{"send-default", &defaults, &work[3], true, send(round)},
			{"send", &sends, &work[0], false, send(round)},
			{"rent", &rents, &work[1], false, func(i int) sdk.Msg {
				return &rental.MsgRentMachine{
					Renter: renter(i).String(), MachineId: w.machines[at+i], DurationSeconds: uint64(long / time.Second), Slots: 1,
					MaxTotal: uint64(long/time.Hour)*dbc + 10*dbc, ListingVersion: 1,
				}
			}},
			{"confirm", &confirms, &work[2], false, func(i int) sdk.Msg {
				return &rental.MsgConfirmRent{Renter: renter(i).String(), RentId: id + uint64(i) + 1}
			}},
		} {
			txs, err := w.sign(part.msg)
			if err != nil {
				return err
			}
			if err := collect(part.defaults); err != nil {
				return err
			}
			if err := profiled(profiles, fmt.Sprintf("%s-%d.pprof", part.name, round), func() error {
				started, before := time.Now(), worked()
				for part := range slices.Chunk(txs, wave) {
					if err := n.deliver(ctx, part); err != nil {
						return err
					}
				}
				*part.all, *part.work = append(*part.all, time.Since(started)), *part.work+worked()-before
				return nil
			}); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	perSecond := func(all []time.Duration) float64 { return float64(each*len(w.renters)) / quantile(all, 0.5).Seconds() }
	row(fmt.Sprintf("bank sends; rents; confirms on one node, %d in waves of at most %d that its mempool gets at once, median of %d rounds", all, wave, rounds),
		"%.0f; %.0f; %.0f per second", perSecond(sends), perSecond(rents), perSecond(confirms))
	row("rents ÷ bank sends (budget ≥ 0.6), median of rounds; lowest; highest", "%s", ratios(sends, rents))
	whole := make([]time.Duration, rounds)
	for i := range whole {
		whole[i] = rents[i] + confirms[i]
	}
	row("whole rentals ÷ bank sends (budget ≥ 0.3), likewise", "%s", ratios(sends, whole))
	row("the same two ÷ bank sends with Go's default garbage collection, by the processor's time in all rounds; our bank sends ÷ those",
		"%.2f; %.2f; %.2f", work[3].Seconds()/work[1].Seconds(), work[3].Seconds()/(work[1]+work[2]).Seconds(), work[3].Seconds()/work[0].Seconds())
	row("our bank sends ÷ those, by the clock, median of rounds; lowest; highest", "%s", ratios(defaults, sends))
	row("by the processor's time in all rounds, whatever else the computer did: rents; whole rentals ÷ bank sends",
		"%.2f; %.2f", work[0].Seconds()/work[1].Seconds(), work[0].Seconds()/(work[1]+work[2]).Seconds())
	row("blocks from decision to machine", "1: the block that takes RentMachine reserves the slots")
	return nil
}

// collect makes this process collect garbage as Go does by default, or like
// dbcd.
func collect(defaults bool) error {
	if defaults {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		return nil
	}
	return app.CollectLess()
}

// worked returns the processor time of this process, including store and
// garbage collection.
func worked() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// ratios returns the median, minimum and maximum of the rounds' ratios.
func ratios(ours, theirs []time.Duration) string {
	all := make([]float64, len(ours))
	for i := range all {
		all[i] = ours[i].Seconds() / theirs[i].Seconds()
	}
	slices.Sort(all)
	return fmt.Sprintf("%.2f; %.2f; %.2f", all[len(all)/2], all[0], all[len(all)-1])
}

// measureQueries sends queries over gRPC one after the other, alternating
// between all filters.
func (w *world) measureQueries(ctx context.Context, row rowFunc) (err error) {
	if _, err := w.block(time.Second, nil); err != nil { // an application that was just opened answers nothing before its first block
		return err
	}
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
	queries := machine.NewQueryClient(conn)
	// Measure the combination separately: each reads a thousand machines, whose
	// garbage would slow down the others.
	for _, filters := range [][]filter{{
		{"none", machine.QueryMachinesRequest{}},
		{"state", machine.QueryMachinesRequest{State: online}},
		{"gpu_type", machine.QueryMachinesRequest{GpuType: "H100"}},
		{"online, free_slots_min", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1}},
		{"online, free_slots_min, gpu_type", machine.QueryMachinesRequest{State: online, FreeSlotsMin: 1, GpuType: "H100"}},
		{"owner", machine.QueryMachinesRequest{Owner: crowd.Owner(7)}},
		{"operator", machine.QueryMachinesRequest{Operator: crowd.Owner(7)}},
		{"country", machine.QueryMachinesRequest{Country: "DE"}},
	}, {
		{"gpu_type and a country of one in a thousand: 1,000 scanned, next key", machine.QueryMachinesRequest{GpuType: "B200", Country: crowd.Rare}},
	}} {
		if err := askInTurns(ctx, row, queries, filters); err != nil {
			return err
		}
	}
	return nil
}

// filter of machines, with a name for display.
type filter struct {
	name string
	req  machine.QueryMachinesRequest
}

func askInTurns(ctx context.Context, row rowFunc, queries machine.QueryClient, filters []filter) error {
	took := make([][]time.Duration, 2*len(filters))
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

// stages returns the numbers of rentals that end together; the last one is
// most.
func stages(most int) []int { return []int{max(1, most/100), max(1, most/10), most} }

func sum(all []int) (n int) {
	for _, each := range all {
		n += each
	}
	return n
}

// measureDue lets rentals end together, more each time, and counts the blocks
// until all are settled.
func (w *world) measureDue(ctx context.Context, row rowFunc) error {
	limit := int(rental.DefaultParams().MaxDuePerBlock)
	for stage, due := range append([]int{0}, w.due...) {
		empty, err := w.median(ctx)
		if err != nil {
			return err
		}
		var all []time.Duration
		after := endOf(stage).Sub(w.now)
		for range max(1, (due+limit-1)/limit) {
			took, err := w.block(after, nil)
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			all, after = append(all, took), time.Second
		}
		next, err := w.median(ctx)
		if err != nil {
			return err
		}
		var took time.Duration
		for _, one := range all {
			took += one - empty
		}
		row(fmt.Sprintf("%d rentals due at once", due), "settled in %d blocks of at most %d: median %s, longest %s; %.0f µs for each; an empty block before %s, after %s",
			len(all), limit, ms(quantile(all, 0.5)), ms(slices.Max(all)), took.Seconds()*1e6/float64(max(1, due)), ms(empty), ms(next))
	}
	return nil
}

// median returns the median time of some empty blocks.
func (w *world) median(ctx context.Context) (time.Duration, error) {
	var all []time.Duration
	for range 11 {
		took, err := w.block(time.Second, nil)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return quantile(all, 0.5), nil
}
