package conf

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The guests' published ports; above them the kernel assigns ephemeral ports.
const (
	minPort = 5200
	maxPort = 32767
)

// setting is one key of core.conf.
type setting struct {
	// limit says what is right, for a refusal.
	limit string
	parse func(value string) error
}

// table has the settings of a role by key.
type table map[string]setting

var errValue = errors.New("wrong value")

var (
	keyName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	hostName = regexp.MustCompile(`^([A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*|[0-9a-fA-F:]+)$`)
)

func (t table) names() string { return strings.Join(slices.Sorted(maps.Keys(t)), ", ") }

func must(ok bool) error {
	if !ok {
		return errValue
	}
	return nil
}

func setAddr(to *netip.AddrPort, v string) error {
	addr, err := netip.ParseAddr(v)
	*to = netip.AddrPortFrom(addr, to.Port())
	return err
}

func setPort(to *netip.AddrPort, v string) error {
	port, err := strconv.ParseUint(v, 10, 16)
	*to = netip.AddrPortFrom(to.Addr(), uint16(port))
	return errors.Join(err, must(port > 0))
}

func setGuestPort(to *uint16, v string) error {
	port, err := strconv.ParseUint(v, 10, 16)
	*to = uint16(port)
	return errors.Join(err, must(port >= minPort && port <= maxPort))
}

func setPath(to *string, v string) error {
	*to = v
	return must(filepath.IsAbs(v) && filepath.Clean(v) == v && !strings.ContainsFunc(v, func(r rune) bool { return r < ' ' }))
}

func setInt[T int | uint64](to *T, v string, limit uint64) error {
	n, err := strconv.ParseUint(v, 10, 63)
	*to = T(n)
	return errors.Join(err, must(n <= limit))
}

func setBool(to *bool, v string) error {
	*to = v == "true"
	return must(v == "true" || v == "false")
}

func setList(to *[]string, v string, right func(string) bool) error {
	*to = nil
	for _, s := range strings.Split(v, ",") {
		s = strings.TrimSpace(s)
		if !right(s) {
			return errValue
		}
		*to = append(*to, s)
	}
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && s == u.Scheme+"://"+u.Host
}

// endpointHost returns the host of host:port or scheme://host:port, "" if v is neither.
func endpointHost(v string) string {
	scheme, rest, found := strings.Cut(v, "://")
	if !found {
		rest = v
	} else if scheme != "http" && scheme != "https" {
		return ""
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil || !isPort(port) || !hostName.MatchString(host) {
		return ""
	}
	return host
}
