package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/dbc-network/dbc/app"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/test/computer"
	"github.com/dbc-network/dbc/test/crowd"
	"github.com/dbc-network/dbc/test/testnet"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// crowded is the number of machines that the table is designed for.
const crowded = 100_000

// TestMarket tests the table of machines with a hundred thousand of them, which
// a chain has in its genesis and a client node reads from the chain.
func TestMarket(t *testing.T) {
	install(t)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	dbcd, err := filepath.Abs(filepath.Join(programs, "dbcd"))
	if err != nil {
		t.Fatal(err)
	}
	renter := sdk.AccAddress("renter of the crowd.").String()
	chain, err := testnet.New(ctx, testnet.Config{Dir: filepath.Join(t.TempDir(), "net"), Dbcd: dbcd, Validators: 1, Rich: []string{renter}})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now().UTC().Truncate(time.Second)
	market := crowd.NewMarket(crowded, renter, begin)
	validator := chain.Validators[0]
	fill(t, validator.Genesis(), market, begin)
	t.Cleanup(func() {
		if err := chain.Stop(); err != nil {
			t.Error(err)
		}
	})
	begun := time.Now()
	if err := chain.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("the chain with %d machines and %d rentals began after %s", len(market.Machines), len(market.Rentals), time.Since(begun).Round(time.Second))
	base, pid := readsFrom(ctx, t, validator)
	browse(t, "market.test.mjs", "BASE="+base, "MARKET="+written(t, market))
	memory, err := computer.MemoryOf(pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the client node's memory: %s", memory)
	// The genesis alone has more.
	if memory.Peak > 400<<20 {
		t.Errorf("the client node took %d MiB, want less than 400", memory.Peak>>20)
	}
}

// fill puts a market into a genesis, with the balances that the bank must hold
// for it. A chain must not begin before the times in its state.
func fill(t *testing.T, path string, market crowd.Market, begin time.Time) {
	t.Helper()
	encoding, err := app.NewEncoding()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	read(t, path, &doc)
	var state map[string]json.RawMessage
	if err := json.Unmarshal(doc["app_state"], &state); err != nil {
		t.Fatal(err)
	}
	var machines machine.GenesisState
	var rentals rental.GenesisState
	var bank banktypes.GenesisState
	encoding.Codec.MustUnmarshalJSON(state[machine.ModuleName], &machines)
	encoding.Codec.MustUnmarshalJSON(state[rental.ModuleName], &rentals)
	encoding.Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	machines.Machines, rentals.Rentals, rentals.NextRentId = market.Machines, market.Rentals, uint64(len(market.Rentals)+1)
	stakes, escrow := crowd.Sums(market.Machines, market.Rentals)
	for module, amount := range map[string]uint64{machine.ModuleName: stakes, rental.ModuleName: escrow} {
		coin := sdk.NewCoin(machine.Denom, math.NewIntFromUint64(amount))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: authtypes.NewModuleAddress(module).String(), Coins: sdk.NewCoins(coin)})
		bank.Supply = bank.Supply.Add(coin)
	}
	state[machine.ModuleName] = encoding.Codec.MustMarshalJSON(&machines)
	state[rental.ModuleName] = encoding.Codec.MustMarshalJSON(&rentals)
	state[banktypes.ModuleName] = encoding.Codec.MustMarshalJSON(&bank)
	if doc["app_state"], err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if doc["genesis_time"], err = json.Marshal(begin); err != nil {
		t.Fatal(err)
	}
	write(t, path, doc)
}

// readsFrom starts a client node of a chain and returns its address and
// process. Its index is filled while the browser uses it. peers are for its
// peer.conf.
func readsFrom(ctx context.Context, t *testing.T, v *testnet.Validator, peers ...string) (string, int) {
	t.Helper()
	home := t.TempDir()
	listen, p2p := freePort(t), freePort(t)
	if _, err := node.Init(home, conf.RoleClient, map[string]string{
		"chain_id": testnet.ChainID, "chain_grpc": v.GRPC, "chain_rpc": v.RPC, "chain_rest": v.REST,
		"net_listen_ip": "127.0.0.1", "net_listen_port": p2p, "http_port": listen,
	}); err != nil {
		t.Fatal(err)
	}
	lines := ""
	for _, peer := range peers {
		lines += "peer=" + peer + "\n"
	}
	if err := os.WriteFile(filepath.Join(home, "conf", "peer.conf"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(programs, "dbc"), "node", "start", "--home", home)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the output says how it ended
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	base := "http://127.0.0.1:" + listen
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for !answers(ctx, base+"/api/v1/web") {
		select {
		case <-ended:
			t.Fatal("the client node ended by itself")
		case <-ctx.Done():
			t.Fatal("the client node does not answer")
		case <-look.C:
		}
	}
	return base, cmd.Process.Pid
}

func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return err == nil && res.StatusCode == http.StatusOK
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// offered is a machine as the browser tests use it. Prices are in udbc.
type offered struct {
	ID       string   `json:"id"`
	Owner    string   `json:"owner"`
	State    string   `json:"state"`
	Types    []string `json:"types"`
	GPUs     int      `json:"gpus"`
	Slots    int      `json:"slots"`
	Free     int      `json:"free"`
	VRAM     uint64   `json:"vram"`
	Cores    uint32   `json:"cores"`
	Memory   uint64   `json:"memory"`
	Disk     uint64   `json:"disk"`
	Download uint32   `json:"download"`
	Country  string   `json:"country"`
	Price    uint64   `json:"price"`
}

// written writes a market to a file, directly from what went into the genesis.
func written(t *testing.T, market crowd.Market) string {
	t.Helper()
	list := make([]offered, len(market.Machines))
	for i, m := range market.Machines {
		f := m.Facts
		o := offered{
			ID: m.Id, Owner: m.Owner, State: m.State.Word(), Types: f.GPUTypes(), GPUs: len(f.GPUIDs()),
			Slots: len(f.Slots), Free: len(f.Slots) - len(market.Rented[i]), Cores: f.CpuCores, Memory: f.MemoryMib, Disk: f.DataDiskGib,
			Download: f.DownloadMbps, Country: f.Country, Price: m.PricePerDay,
		}
		for _, slot := range f.Slots {
			if o.VRAM == 0 || slot.VramMib < o.VRAM {
				o.VRAM = slot.VramMib
			}
		}
		list[i] = o
	}
	path := filepath.Join(t.TempDir(), "market.json")
	write(t, path, list)
	return path
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(fmt.Errorf("parse %s: %w", path, err))
	}
}

func write(t *testing.T, path string, what any) {
	t.Helper()
	text, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
