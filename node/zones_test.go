package node_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestZones checks what the programs of a role link: neither role the other, and the
// client node nothing that runs VMs or reads hardware. The linter's zones say the same
// of each import; this also finds what comes by way of a third package. That of the
// helper is checked in cmd/dbc-helper.
func TestZones(t *testing.T) {
	t.Parallel()
	for role, c := range map[string]struct {
		forbidden *regexp.Regexp
		// has is an import that shows that the list is the role's.
		has string
	}{
		"./clientnode": {
			regexp.MustCompile(`^github\.com/dbc-network/dbc/(app|devnet|hw|image|seed|vm|node/(compute|guests))(/|$)|^github\.com/(digitalocean/go-libvirt|google/nftables|vishvananda)|^libvirt\.org/|^go\.etcd\.io/bbolt$`),
			"github.com/dbc-network/dbc/node/clientnode/gateway",
		},
		"./compute": {
			regexp.MustCompile(`^github\.com/dbc-network/dbc/(app|devnet|web|node/clientnode)(/|$)`),
			"github.com/dbc-network/dbc/node/compute/host",
		},
		".": {
			regexp.MustCompile(`^github\.com/dbc-network/dbc/(app|devnet|hw|image|seed|vm|web|node/(compute|clientnode|guests))(/|$)`),
			"github.com/dbc-network/dbc/node/p2p",
		},
	} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", role).Output()
			if err != nil {
				t.Fatal(err)
			}
			list := strings.Fields(string(out))
			if !slices.Contains(list, c.has) {
				t.Errorf("the list of %d packages lacks %s", len(list), c.has)
			}
			for _, pkg := range list {
				if c.forbidden.MatchString(pkg) {
					t.Errorf("%s depends on %s", role, pkg)
				}
			}
		})
	}
}
