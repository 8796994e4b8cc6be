// Package validators follows the pages for validators and node operators beside a
// network of four: the reader's shell starts further nodes, which join it.
//
// It needs bash, curl and jq.
package validators

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/test/page"
	"github.com/dbc-network/dbc/test/testnet"
)

const repository = "../.."

// patience is far above what a slow computer needs: it builds a chain and cosmovisor, with
// all that they import, beside other tests.
const patience = 40 * time.Minute

// short are parameters by which what takes days elsewhere is seen within seconds.
var short = map[string]map[string]any{
	"slashing": {"signed_blocks_window": "20", "downtime_jail_duration": "60s"},
	"staking":  {"unbonding_time": "60s"},
	"gov": {
		"voting_period": "15s", "expedited_voting_period": "10s",
	},
}

// upgrade is the one of the pages; the second program can carry it out.
const upgrade = "v2"

// TestPages follows the pages one after the other in one shell, on one network.
func TestPages(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	home := t.TempDir()
	dir := filepath.Join(home, "network")
	bin := filepath.Join(home, "bin")
	dbcd := filepath.Join(bin, "dbcd")
	must(t, testnet.Build(ctx, dbcd, versioned))
	must(t, build(ctx, repository, filepath.Join(bin, "signer"), "./test/validators/signer"))
	next, cosmovisor := filepath.Join(home, "next", "dbcd"), filepath.Join(bin, "cosmovisor")
	must(t, testnet.Build(ctx, next, versioned+" -X github.com/dbc-network/dbc/app.rehearsed="+upgrade))
	must(t, build(ctx, "cosmovisor", cosmovisor, "cosmossdk.io/tools/cosmovisor/cmd/cosmovisor"))
	net, err := testnet.New(ctx, testnet.Config{
		Dir: dir, Dbcd: dbcd, Params: short, SnapshotInterval: 60,
		Cosmovisor: cosmovisor, Upgrades: map[string]string{upgrade: next},
	})
	must(t, err)
	t.Cleanup(func() { must(t, net.Stop()) })
	must(t, net.Start(ctx))

	r := page.NewReader(t, home, append([]string{
		"HOME=" + home, "PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "TZ=UTC", "DBCD_KEYRING_BACKEND=test", "NEXT=" + next,
	}, described(t, net)...))
	for _, scenario := range []string{"validating", "joining", "unjailing", "operating", "upgrading"} { // there is time while one is in jail
		blocks, err := page.Of(repository, page.Scenarios[scenario].Page, scenario)
		must(t, err)
		r.Follow(blocks)
	}
}

// versioned names the program as the Makefile does: the commands of the SDK print it.
const versioned = "-X github.com/cosmos/cosmos-sdk/version.Name=dbc -X github.com/cosmos/cosmos-sdk/version.AppName=dbcd"

// build builds a program of a module.
func build(ctx context.Context, module, file, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-C", module, "-trimpath", "-o", file, program)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", program, err, said)
	}
	return nil
}

// described returns what a network's description says, as variables of the shell.
func described(t *testing.T, net *testnet.Net) []string {
	t.Helper()
	var peers, servers []string
	for _, v := range net.Validators {
		id, err := v.PeerID()
		must(t, err)
		peers, servers = append(peers, id), append(servers, v.RPC)
	}
	return []string{
		"GENESIS=" + net.Validators[0].Genesis(), "PEERS=" + strings.Join(peers, ","),
		"RPC1=" + servers[0], "RPC2=" + servers[1], "NETWORK=" + filepath.Dir(net.Validators[0].Home),
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
