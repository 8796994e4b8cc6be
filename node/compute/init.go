package compute

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/network"
	"github.com/dbc-network/dbc/node/key"
)

// guestNetworks are what a new compute node's guests get, the default first: where the
// computer is connected to a network that overlaps one, such as an Amazon VPC's
// 172.31.0.0/16, the next is taken.
var guestNetworks = []netip.Prefix{
	netip.MustParsePrefix("172.31.224.0/20"), netip.MustParsePrefix("10.231.224.0/20"), netip.MustParsePrefix("192.168.224.0/20"),
}

// Init makes the home of a compute node as node.Init does, with a guests' network that
// this computer is not connected to.
func Init(home string, set map[string]string) (key.Key, error) {
	_, err := os.Lstat(filepath.Join(home, conf.ConfFile))
	if errors.Is(err, fs.ErrNotExist) {
		set, err = withGuestNetwork(set)
	}
	if err != nil {
		return key.Key{}, fmt.Errorf("prepare the configuration: %w", err)
	}
	return node.Init(home, conf.RoleMining, set)
}

// withGuestNetwork adds guest_cidr where the default would be refused at the start.
func withGuestNetwork(set map[string]string) (map[string]string, error) {
	if _, given := set["guest_cidr"]; given {
		return set, nil
	}
	free, err := network.Free(guestNetworks)
	if err != nil || !free.IsValid() || free == guestNetworks[0] {
		return set, err
	}
	set = maps.Clone(set)
	if set == nil {
		set = map[string]string{}
	}
	set["guest_cidr"] = free.String()
	return set, nil
}
