package network_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/test/page"
)

// removal are the commands of a page for hosts that remove a network.
func removal(t *testing.T, name string) string {
	t.Helper()
	blocks, err := page.Of("../..", name, "removal")
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(blocks[0].Text, "\n")
	if len(blocks) != 1 || !strings.HasPrefix(first, "bridge=dbc") || !strings.Contains(rest, "nft delete table") {
		t.Fatalf("%s has no such commands: %+v", name, blocks)
	}
	return "set -eu\nbridge=" + bridge + "\n" + rest
}

// TestRemovalByHand executes the guide on hosts whose FORWARD chain drops (as
// with Docker and ufw), accepts, or does not exist.
func TestRemovalByHand(t *testing.T) {
	for name, rules := range map[string]string{
		"drops": ufwRules, "accepts": "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n", "no chain": "",
	} {
		for _, guide := range []string{"docs/hosting.md", "docs/hosting.zh.md"} {
			t.Run(name+" "+guide, func(t *testing.T) {
				host := newSpace(t)
				if rules != "" {
					restore(t, host, rules)
				}
				n := (&world{}).open(t, "0.0.0.0")
				host.must(t, func() error {
					return errors.Join(n.Ensure(context.Background()), n.Apply(context.Background(), []network.Binding{}))
				})
				host.must(t, func() error {
					if out, err := exec.Command("sh", "-c", removal(t, guide)).CombinedOutput(); err != nil {
						return fmt.Errorf("%w: %s", err, out)
					}
					left, err := exec.Command("sh", "-c", "nft list ruleset; ip -br link show").CombinedOutput()
					if strings.Contains(string(left), bridge) {
						t.Errorf("left behind:\n%s", left)
					}
					return err
				})
			})
		}
	}
}
