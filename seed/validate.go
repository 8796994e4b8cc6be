package seed

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net/netip"
	"regexp"

	"github.com/dbc-network/dbc/seed/sshkey"
)

const (
	maxResolvers = 8
)

var (
	instanceID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,127}$`)
	hostname   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	userName   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	// Only what HashPassword produces; crypt's other methods are weaker.
	passwordHash = regexp.MustCompile(`^\$6\$(rounds=[0-9]{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$`)
)

// Validate returns nil for data that Write accepts, and otherwise an error that
// wraps ErrInvalid.
func (d Data) Validate() error {
	switch {
	case !instanceID.MatchString(d.InstanceID):
		return invalid("instance id", d.InstanceID, "letters, digits and -, at most 128")
	case !hostname.MatchString(d.Hostname):
		return invalid("hostname", d.Hostname, "one DNS label: a-z, 0-9 and -, at most 63")
	case !userName.MatchString(d.User) || d.User == "root":
		return invalid("user", d.User, "a-z, 0-9, _ and -, at most 32, not root")
	case d.PasswordHash != "" && !passwordHash.MatchString(d.PasswordHash):
		// The value is sensitive and is not shown.
		return invalid("password hash", "…", "what HashPassword returns")
	case d.PasswordHash == "" && len(d.AuthorizedKeys) == 0:
		return invalid("authorized keys", "none", "a key, or a password hash, so that somebody can log in")
	case len(d.AuthorizedKeys) > sshkey.MaxKeys:
		return invalid("authorized keys", fmt.Sprint(len(d.AuthorizedKeys)), fmt.Sprintf("at most %d", sshkey.MaxKeys))
	case len(d.HostKey) != ed25519.PrivateKeySize:
		return invalid("host key", "…", "an ed25519 private key, from NewHostKey")
	}
	for _, line := range d.AuthorizedKeys {
		if _, err := sshkey.Parse(line); err != nil {
			return fmt.Errorf("%w: authorized keys: %w", ErrInvalid, err)
		}
	}
	return d.validateNetwork()
}

func (d Data) validateNetwork() error {
	switch {
	case len(d.MAC) != 6 || d.MAC[0]&1 != 0 || bytes.Equal(d.MAC, make([]byte, 6)):
		return invalid("MAC", d.MAC.String(), "six bytes, not multicast, not zero")
	case !d.Addr.IsValid() || !usable(d.Addr.Addr()):
		return invalid("address", d.Addr.String(), "an IPv4 address with its prefix length")
	case !usable(d.Gateway) || !d.Addr.Masked().Contains(d.Gateway) || d.Gateway == d.Addr.Addr():
		return invalid("gateway", d.Gateway.String(), "another IPv4 address within "+d.Addr.Masked().String())
	case len(d.Resolvers) == 0 || len(d.Resolvers) > maxResolvers:
		return invalid("resolvers", fmt.Sprint(len(d.Resolvers)), fmt.Sprintf("1-%d", maxResolvers))
	}
	for _, r := range d.Resolvers {
		if !usable(r) {
			return invalid("resolver", r.String(), "an IPv4 address")
		}
	}
	return nil
}

// usable reports whether a is an IPv4 address that a computer can have. Guests
// have no IPv6 yet.
func usable(a netip.Addr) bool {
	return a.Is4() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback()
}

func invalid(field, value, want string) error {
	return fmt.Errorf("%w: %s %q: want %s", ErrInvalid, field, shorten(value), want)
}

func shorten(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
