package node

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/journal"
)

// TestGuestNetworkOfItsVMs: a network in which VMs have no address is refused,
// and one whose VMs are all over is not.
func TestGuestNetworkOfItsVMs(t *testing.T) {
	t.Parallel()
	here := journal.Task{ID: "here", Reserved: journal.Reservation{Addr: netip.MustParseAddr("10.1.2.3")}}
	over := journal.Task{ID: "over", Network: journal.Network{Addr: netip.MustParseAddr("10.1.2.4")}}
	for cidr, want := range map[string]error{"10.1.2.0/24": nil, "10.1.3.0/24": errInhabited} {
		cfg := conf.Config{Home: "/etc/dbc", Guests: conf.Guests{GuestCIDR: netip.MustParsePrefix(cidr)}}
		err := checkGuestNetwork(cfg, []journal.Task{over, here})
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), "the network of 10.1.2.3, the address of virtual machine here") {
			t.Errorf("%s: %v", cidr, err)
		}
		if err := checkGuestNetwork(cfg, []journal.Task{over}); err != nil {
			t.Errorf("%s, all over: %v", cidr, err)
		}
	}
}
