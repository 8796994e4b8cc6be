package seed

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"golang.org/x/crypto/ssh"
)

const (
	maxKeys      = 32
	maxKeyLen    = 16 << 10
	maxResolvers = 8
)

var (
	instanceID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,127}$`)
	hostname   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	userName   = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	// Only what HashPassword makes; crypt's other methods are weaker.
	passwordHash = regexp.MustCompile(`^\$6\$(rounds=[0-9]{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$`)
)

func (d Data) validate() error {
	switch {
	case !instanceID.MatchString(d.InstanceID):
		return invalid("instance id", d.InstanceID, "letters, digits and -, at most 128")
	case !hostname.MatchString(d.Hostname):
		return invalid("hostname", d.Hostname, "one DNS label: a-z, 0-9 and -, at most 63")
	case !userName.MatchString(d.User) || d.User == "root":
		return invalid("user", d.User, "a-z, 0-9, _ and -, at most 32, not root")
	case d.PasswordHash != "" && !passwordHash.MatchString(d.PasswordHash):
		// The value is a secret of sorts: it is not shown.
		return invalid("password hash", "…", "what HashPassword returns")
	case d.PasswordHash == "" && len(d.AuthorizedKeys) == 0:
		return invalid("authorized keys", "none", "a key, or a password hash, so that somebody can log in")
	case len(d.AuthorizedKeys) > maxKeys:
		return invalid("authorized keys", fmt.Sprint(len(d.AuthorizedKeys)), fmt.Sprintf("at most %d", maxKeys))
	case len(d.HostKey) != ed25519.PrivateKeySize:
		return invalid("host key", "…", "an ed25519 private key, from NewHostKey")
	}
	for _, line := range d.AuthorizedKeys {
		if _, err := canonicalKey(line); err != nil {
			return err
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

// usable is an IPv4 address that one computer can have; guests have no IPv6 yet.
func usable(a netip.Addr) bool {
	return a.Is4() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback()
}

// CheckKey tells before a guest is made whether one of AuthorizedKeys is right.
func CheckKey(line string) error {
	_, err := canonicalKey(line)
	return err
}

// canonicalKey parses a renter's public key line and writes it again: type and
// key only. Options would be orders to the guest's sshd, a comment is text
// that nobody needs there.
func canonicalKey(line string) (string, error) {
	if len(line) > maxKeyLen || strings.ContainsAny(line, "\n\r\x00") {
		return "", invalid("authorized key", shorten(line), fmt.Sprintf("one line of at most %d bytes", maxKeyLen))
	}
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(options) > 0 || len(rest) > 0 {
		return "", invalid("authorized key", shorten(line), `"type base64 comment", as in a .pub file, without options`)
	}
	if _, ok := key.(*ssh.Certificate); ok {
		return "", invalid("authorized key", shorten(line), "a plain key, not a certificate")
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), nil
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
