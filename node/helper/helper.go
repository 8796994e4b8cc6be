// Package helper splits a compute node into two processes: the one that faces
// the network has no privileges, and its helper, which has libvirt, nftables and
// the disks, does typed steps for it over a unix socket.
//
// The helper takes the other process for hostile. It serves one user, checks
// every field, makes every path itself from ids, and takes bridge, guest
// network, resolvers and ports from the host's own configuration. It records which
// folder, VM, rental and wallet belong together when disks are made (package
// record), and from then on joins nothing else. What hands out a guest's bytes or
// changes its keys (a password, a console, another VM on kept disks) needs a request
// that the renter's wallet signed, which the helper verifies itself. It may be killed
// at any moment: the journal is the node's, and each step may be repeated.
//
// Server is the helper's side; Client gives the node's side a vm.Driver, the
// guests' network and the files of VMs, as if they were its own.
package helper

import (
	"context"

	"github.com/dbc-network/dbc/node/network"
)

const (
	// Version of the protocol; the two sides must have the same.
	Version = "3"
	// versionKey and textLimit: the metadata that carries it, and the longest text
	// of an error in bytes.
	versionKey = "dbc-helper-version"
	textLimit  = 4 << 10
	// chunk is the most that is read from a console or screen at once, in bytes.
	chunk = 32 << 10
)

// Net is the guests' network.
type Net interface {
	Ensure(ctx context.Context) error
	Apply(ctx context.Context, bindings []network.Binding) error
}
