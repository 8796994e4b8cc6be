// Package seed writes what a guest reads at its first boot: a NoCloud disk (an
// ISO with the label cidata) with user-data, meta-data and network-config, as
// defined by cloud-init and as read by this project's own tiny guest.
// https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
//
// This is the guest's only source of its address, route and resolvers: the
// compute node runs no DHCP and no DNS for guests. The compute node generates the
// guest's SSH host key, so that the renter's first connection is already verified.
package seed

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"net/netip"
)

// Data is the configuration of one guest. All of it is validated before it is
// written.
type Data struct {
	// InstanceID is new for each new guest: a guest that sees a different one
	// configures itself afresh. It consists of letters, digits and -.
	InstanceID string
	// Hostname is one DNS label.
	Hostname string
	// User is the login user. It may use sudo without a password if the guest
	// has sudo.
	User string
	// AuthorizedKeys are public keys, one per line, without options. With at
	// least one, PasswordHash is not needed.
	AuthorizedKeys []string
	// PasswordHash is from HashPassword. "" locks the password, so that SSH
	// accepts keys only.
	PasswordHash string
	// HostKey is the guest's only SSH host key.
	HostKey ed25519.PrivateKey

	// MAC identifies the card that gets Addr.
	MAC net.HardwareAddr
	// Addr is the guest's address within its network, Gateway its router.
	Addr    netip.Prefix
	Gateway netip.Addr
	// Resolvers are DNS servers, at least one.
	Resolvers []netip.Addr
}

// Write writes the seed to path and replaces an existing file atomically: a
// crash leaves the old file or the new one. Equal data results in equal bytes.
// The file contains a private key and has mode 0600.
func Write(ctx context.Context, path string, d Data) error {
	if err := d.Validate(); err != nil {
		return err
	}
	files, err := d.files()
	if err != nil {
		return fmt.Errorf("encode seed: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return writeISO(path, files)
}
