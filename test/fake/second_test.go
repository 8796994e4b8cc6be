package fake

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/dbc-network/dbc/client/host"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/devnet"
	simulated "github.com/dbc-network/dbc/devnet/fake"
	"github.com/dbc-network/dbc/hw"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/compute"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/x/machine"
)

// secondPort is the first of those of a second machine: behind all that fake devnets
// choose from, and before a real one's.
const secondPort = 26100

// second puts another machine on a devnet's market, dearer than the devnet's own, on which
// no ordered fault has an effect. It returns its id.
func second(t *testing.T, n *devnet.Network) string {
	t.Helper()
	home, err := os.MkdirTemp("", "dbc-second-") //nolint:usetesting // short, as a node's data folder has to be
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(home)) })
	must(t, simulated.WriteImage(filepath.Join(home, "images")))
	k := configure(t, n, home)
	serve(t, home)
	ring, err := market.OpenKeyring(n.Info().Home, market.Backend(n.Info().ChainID), nil)
	must(t, err)
	owner, err := ring.Wallet(devnet.Owner)
	must(t, err)
	h, err := host.Open(home)
	must(t, err)
	offer, err := h.Offer(t.Context())
	must(t, err)
	// The node answers for the chain before it is on it.
	bond, err := h.Bond(t.Context(), n.Chain(), host.Terms{
		Offer: offer, Owner: owner.Address(), Operator: owner.Address(), Payout: owner.Address(), PricePerDay: 2 * pricePerDay,
	})
	must(t, err)
	_, err = n.Chain().Broadcast(t.Context(), owner, &machine.MsgBondMachines{Owner: owner.Address(), Bonds: []machine.Bond{bond}})
	must(t, err)
	online, err := h.Online(t.Context(), n.Chain(), owner.Address())
	must(t, err)
	_, err = n.Chain().Broadcast(t.Context(), owner, online)
	must(t, err)
	return k
}

// pricePerDay is that of the devnet's own machine, in udbc.
const pricePerDay = 100_000_000

func configure(t *testing.T, n *devnet.Network, home string) (machineID string) {
	t.Helper()
	inventory, err := hw.Read(t.Context(), hw.Config{})
	must(t, err)
	lines := map[string]string{
		"chain_id": n.Info().ChainID, "chain_grpc": n.Info().GRPC, "chain_rpc": n.Info().RPC, "net_listen_ip": "127.0.0.1", "public_ip": "127.0.0.1",
		"data_dir": home, "guest_cidr": "10.254.0.0/24", "operator_key": devnet.Owner, "keyring_dir": filepath.Join(n.Info().Home, "keys"),
		"test_slots": "2", "host_cpus": strconv.Itoa(max(0, inventory.Cores-4)), "host_memory_mib": strconv.FormatUint(inventory.MemoryMiB/2, 10),
		"reconcile_seconds": "1",
	}
	ports := map[string]string{}
	for i, key := range []string{"net_listen_port", "http_port", "port_first"} {
		ports[key] = strconv.Itoa(secondPort + i)
	}
	ports["port_last"] = strconv.Itoa(secondPort + 50)
	maps.Copy(lines, ports)
	k, err := node.Init(home, conf.RoleMining, lines)
	must(t, err)
	return k.MachineID()
}

// serve runs the node until the test ends.
func serve(t *testing.T, home string) {
	t.Helper()
	cfg, err := conf.LoadCompute(home)
	must(t, err)
	cfg.RunDir = filepath.Join(home, "run")
	side, err := simulated.New(t.Context(), io.Discard)
	must(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- compute.Simulate(ctx, cfg, compute.Simulation{
			Privileged: side.Open, Computer: side.Computer(), ReadyWithin: simulated.ReadyWithin, Log: io.Discard,
		})
	}()
	t.Cleanup(func() {
		stop()
		must(t, <-ended)
		must(t, side.Close())
	})
}

// within ends what waits for too long.
const within = time.Minute

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
