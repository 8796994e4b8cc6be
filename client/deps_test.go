package client_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies keeps everything out that a program which only drives VMs does
// not need: the chain, libvirt and the nodes.
func TestDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	pkgs := strings.Fields(string(out))
	for _, pkg := range pkgs {
		for _, bad := range []string{
			"cosmos/cosmos-sdk", "cosmossdk.io/", "cometbft/", "libp2p/", "google.golang.org/grpc", "libvirt", "cosmos/gogoproto",
			"dbc/chain", "dbc/node", "dbc/vm", "dbc/x/", "dbc/client/market",
		} {
			if strings.Contains(pkg, bad) {
				t.Errorf("depends on %s", pkg)
			}
		}
	}
	if len(pkgs) < 100 || len(pkgs) > 300 {
		t.Errorf("depends on %d packages", len(pkgs))
	}
}
