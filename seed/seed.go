// Package seed writes what a guest reads at its first boot: a NoCloud disk (an
// ISO with the label cidata) with user-data, meta-data and network-config, as
// cloud-init defines them, and as this project's own tiny guest reads them.
// https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
//
// The guest gets its address, route and resolvers here and nowhere else: the
// host runs no DHCP and no DNS for tenants. Its SSH host key is made by the
// host and pinned, so the renter's first connection is already checked.
package seed

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"net/netip"
)

// Data is what one guest is told. All of it is checked before it is written.
type Data struct {
	// InstanceID is new for each new guest: a guest that sees another one sets
	// itself up afresh. Letters, digits and -.
	InstanceID string
	// Hostname is one DNS label.
	Hostname string
	// User is the login; it may use sudo without a password where the guest
	// has sudo.
	User string
	// AuthorizedKeys are public keys, one line each, without options. With at
	// least one, no PasswordHash is needed.
	AuthorizedKeys []string
	// PasswordHash is from HashPassword; "" locks the password, and SSH takes
	// keys only.
	PasswordHash string
	// HostKey is the guest's only SSH host key.
	HostKey ed25519.PrivateKey

	// MAC names the card that Addr is for.
	MAC net.HardwareAddr
	// Addr is the guest's address within its network, Gateway its router.
	Addr    netip.Prefix
	Gateway netip.Addr
	// Resolvers are DNS servers, at least one.
	Resolvers []netip.Addr
}

// Write puts the seed at path, replacing what is there in one step: a crash
// leaves the old file or the new one. Equal data gives equal bytes. The file
// holds a private key and has mode 0600.
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
