package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/clientnode/gateway"
	"github.com/dbc-network/dbc/node/clientnode/market"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
	xmachine "github.com/dbc-network/dbc/x/machine"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// Environment variables that configure a process of the benchmark.
const (
	asRole   = "DBC_BENCH_ROLE"
	asHome   = "DBC_BENCH_HOME"
	asRenter = "DBC_BENCH_RENTER"
	asTarget = "DBC_BENCH_MACHINE"
	asKind   = "DBC_BENCH_STRANGERS"
)

const chainID = "dbc-testnet-1"

// said is the line in which a node reports that it is ready.
type said struct {
	MachineID, URL string
	Addrs          []string
}

// be runs one node until standard input ends.
func be(ctx context.Context, role string, machines int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // this node ends with the benchmark
		_, _ = bufio.NewReader(os.Stdin).ReadByte()
		cancel()
	}()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	k, err := key.New()
	if err != nil {
		return err
	}
	switch role {
	case "machine":
		return beMachine(ctx, k, listener)
	case "strangers":
		return errors.Join(listener.Close(), beStrangers(ctx))
	case "staller":
		return errors.Join(listener.Close(), beStaller(ctx, k))
	}
	return beClient(ctx, k, listener, machines)
}

// noVMs is a host without VMs: only the path to it is measured.
type noVMs struct{ nodeapi.Host }

func (noVMs) Tasks(string) ([]journal.Task, error)                             { return nil, nil }
func (noVMs) Keepers() (map[string]bool, error)                                { return map[string]bool{}, nil }
func (noVMs) Changed() <-chan struct{}                                         { return nil }
func (noVMs) Used() (host.Amount, []uint32, error)                             { return host.Amount{}, nil, nil }
func (noVMs) Slots(context.Context) ([]host.Slot, error)                       { return nil, nil }
func (noVMs) ListWithin(context.Context, time.Duration) ([]image.Image, error) { return nil, nil }

// dbcd is a chain on which some wallets rent the machine. A query takes some
// time.
type dbcd struct {
	machineID string
	renters   []string
}

const queryTakes = 3 * time.Millisecond

var genesis [32]byte

func (d *dbcd) Head(context.Context) (chain.Head, error) {
	return chain.Head{ChainID: chainID, GenesisHash: genesis, Height: 1}, nil
}

func (d *dbcd) OpenRentals(ctx context.Context, _ string) (chain.View, error) {
	select {
	case <-time.After(queryTakes):
	case <-ctx.Done():
		return chain.View{}, ctx.Err()
	}
	now := time.Now()
	view := chain.View{Height: 1, Time: now}
	for i, renter := range d.renters {
		view.Rentals = append(view.Rentals, xrental.Rental{
			Id: uint64(i + 1), MachineId: d.machineID, Renter: renter, Slots: []uint32{uint32(i)}, State: xrental.RENTAL_STATE_ACTIVE, //nolint:gosec // a few
			Start: now.Add(-time.Hour), End: now.Add(24 * time.Hour),
		})
	}
	return view, nil
}

func (*dbcd) Rental(context.Context, uint64) (xrental.Rental, error) {
	return xrental.Rental{}, chain.ErrNotFound
}

func (*dbcd) Machine(context.Context, string) (xmachine.Listing, error) {
	return xmachine.Listing{}, chain.ErrNotFound
}

// follow refreshes the chain's view like a node's loop.
func follow(ctx context.Context, word *trust.Chain) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		word.Refresh(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func beMachine(ctx context.Context, k key.Key, listener net.Listener) (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	debug.SetGCPercent(50) // like a node
	binding := names.Binding{ChainID: chainID, GenesisHash: hex.EncodeToString(genesis[:]), MachineID: k.MachineID()}
	book, err := journal.Open(filepath.Join(os.Getenv(asHome), "journal.db"), binding)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	peers, err := p2p.New(p2p.Config{Key: k, ChainID: chainID, Listen: netip.MustParseAddrPort("127.0.0.1:0"), Server: true, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peers.Close()) }()
	fake := noVMs{}
	source := &dbcd{machineID: k.MachineID(), renters: strings.Fields(os.Getenv(asRenter))}
	word, err := trust.New(binding, source, book, log)
	if err != nil {
		return err
	}
	following := make(chan struct{})
	go func() { defer close(following); follow(ctx, word) }()
	defer func() { <-following }()
	server := nodeapi.New(nodeapi.Config{
		Key: k, ChainID: chainID, Version: "bench", Listen: netip.MustParseAddrPort(listener.Addr().String()),
		PublicIP: netip.MustParseAddr("127.0.0.1"), PortFirst: 5200, PortLast: 5999,
		Capacity: host.Capacity{Amount: host.Amount{CPUs: 8, MemoryMiB: 8000}, GPUs: []int{1}}, GPUType: "Test GPU",
	}, nodeapi.Deps{
		Host: fake, Usage: fake, Rentals: word, Images: fake, Welcome: peers.Welcome, Replay: book, Sessions: book, Grants: book,
		Inventory: func(context.Context) (hw.Inventory, error) { return hw.Inventory{}, nil }, Log: log,
	})
	defer server.Close()
	own := server.HTTP()
	streams, err := peers.NewServer(own, own.Handler, log)
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	go func() { ended <- own.Serve(listener) }()
	go func() { ended <- streams.Serve() }()
	if err := tell(said{k.MachineID(), "http://" + listener.Addr().String(), peers.Addrs()}); err != nil {
		return err
	}
	<-ctx.Done()
	return errors.Join(own.Close(), streams.Close(), served(<-ended), served(<-ended))
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// known is the address of the only machine.
type known said

func (k known) Addresses(context.Context, string) ([]string, error) { return k.Addrs, nil }

func beClient(ctx context.Context, k key.Key, listener net.Listener, machines int) (err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var target known
	if err := json.Unmarshal([]byte(os.Getenv(asTarget)), &target); err != nil {
		return err
	}
	peers, err := p2p.New(p2p.Config{Key: k, ChainID: chainID, Listen: netip.MustParseAddrPort("127.0.0.1:0"), Finder: target, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peers.Close()) }()
	index, err := market.Open(ctx, os.Getenv(asHome))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	g := gateway.New(gateway.Config{ChainID: chainID, Guard: httpapi.Guard{Listen: netip.MustParseAddrPort(listener.Addr().String())}},
		gateway.Deps{
			Machines: peers.Transport(), Streams: peers.Streams(), Log: log,
			Bonded: func(context.Context, string) error { return nil },
			Known:  func(context.Context) ([]api.Node, error) { return nil, nil },
			Status: func(context.Context) api.ClientRoot { return api.ClientRoot{} },
			Mounts: []gateway.Mount{{Pattern: api.PathMachines, Handler: market.Handler(index, log)}},
		})
	server := g.HTTP()
	ended, followed := make(chan error, 1), make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	go func() { followed <- index.Follow(ctx, ledger(machines), log) }()
	if err := tell(said{k.MachineID(), "http://" + listener.Addr().String(), peers.Addrs()}); err != nil {
		return err
	}
	<-ctx.Done()
	return errors.Join(server.Close(), served(<-ended), <-followed)
}

func tell(s said) error { return json.NewEncoder(os.Stdout).Encode(s) }

// process is a node of the benchmark.
type process struct {
	said
	cmd *exec.Cmd
	end func()
}

// spawn starts this program as a node.
func spawn(ctx context.Context, args []string, environment ...string) (process, error) {
	program, err := os.Executable()
	if err != nil {
		return process{}, err
	}
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // this program
	cmd.Env, cmd.Stderr = append(os.Environ(), environment...), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return process{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return process{}, err
	}
	if err := cmd.Start(); err != nil {
		return process{}, err
	}
	p := process{cmd: cmd, end: func() { _ = in.Close(); _ = cmd.Wait() }}
	if err := json.NewDecoder(out).Decode(&p.said); err != nil {
		p.end()
		return process{}, fmt.Errorf("start a node: %w", err)
	}
	return p, nil
}
