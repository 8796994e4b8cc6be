package compute

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/network"
)

// TestGuestNetworkOfItsVMs: a network in which VMs have no address is refused,
// and one whose VMs are all over is not.
func TestGuestNetworkOfItsVMs(t *testing.T) {
	t.Parallel()
	here := journal.Task{ID: "here", Reserved: journal.Reservation{Addr: netip.MustParseAddr("10.1.2.3")}}
	over := journal.Task{ID: "over", Network: journal.Network{Addr: netip.MustParseAddr("10.1.2.4")}}
	for cidr, want := range map[string]error{"10.1.2.0/24": nil, "10.1.3.0/24": errInhabited} {
		cfg := conf.Compute{Node: conf.Node{Home: "/etc/dbc"}, Guests: conf.Guests{GuestCIDR: netip.MustParsePrefix(cidr)}}
		err := checkGuestNetwork(cfg, []journal.Task{over, here})
		if !errors.Is(err, want) || want != nil && !strings.Contains(err.Error(), "the network of 10.1.2.3, the address of virtual machine here") {
			t.Errorf("%s: %v", cidr, err)
		}
		if err := checkGuestNetwork(cfg, []journal.Task{over}); err != nil {
			t.Errorf("%s, all over: %v", cidr, err)
		}
	}
}

// refusing is a guests' network that can't be made.
type refusing struct {
	host.Net
	err error
}

func (r refusing) Ensure(context.Context) error { return r.err }

// TestAnOverlapIsRefusedByItsLine: the start names the line to change.
func TestAnOverlapIsRefusedByItsLine(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Node: conf.Node{Home: "/etc/dbc"}, Guests: conf.Guests{GuestCIDR: netip.MustParsePrefix("172.31.224.0/20")}}
	overlap := fmt.Errorf("%w: 172.31.224.0/20 and 172.31.0.0/16 of eth0", network.ErrOverlap)
	wrong := new(conf.ConfigError)
	err := ensureNetwork(t.Context(), cfg, refusing{err: overlap})
	if !errors.As(err, &wrong) || wrong.Key != "guest_cidr" || wrong.Value != "172.31.224.0/20" || !errors.Is(err, network.ErrOverlap) {
		t.Errorf("%v", err)
	}
	other := errors.New("no nftables")
	if err := ensureNetwork(t.Context(), cfg, refusing{err: other}); !errors.Is(err, other) || errors.As(err, &wrong) {
		t.Errorf("another failure: %v", err)
	}
}
