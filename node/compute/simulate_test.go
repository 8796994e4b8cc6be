package compute

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
	"github.com/dbc-network/dbc/node/guests/names"
)

// TestSimulatesOnDevnetsOnly: on any other chain renters would pay for virtual machines
// that do not exist.
func TestSimulatesOnDevnetsOnly(t *testing.T) {
	t.Parallel()
	sim := Simulation{Log: t.Output(), Privileged: func(context.Context, conf.Guests, names.Binding) (Privileged, error) {
		t.Error("the simulation was opened")
		return nil, guests.ErrRefused
	}}
	for _, chain := range []string{"dbc-testnet-1", "dbc-1", "dbc-devnet-", "dbc-devnet-1x", ""} {
		err := Simulate(t.Context(), conf.Compute{Node: conf.Node{ChainID: chain, Home: t.TempDir()}}, sim)
		if refused := new(conf.ConfigError); !errors.Is(err, node.ErrSimulated) || !errors.As(err, &refused) || refused.Key != "chain_id" {
			t.Errorf("%q: %v", chain, err)
		}
	}
}

// TestOnlyDbcLinksTheFake: neither a node as a package nor the process that runs as root
// has it.
func TestOnlyDbcLinksTheFake(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"../../cmd/dbc-helper", "../../cmd/dbcd", "..", ".", "../clientnode"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", of).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, dep := range strings.Fields(string(out)) {
			if strings.HasSuffix(dep, "/fake") || strings.HasSuffix(dep, "dbc/devnet") {
				t.Errorf("%s links %s", of, dep)
			}
		}
	}
}
