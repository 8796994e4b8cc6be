package conf

import (
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbc-network/dbc/chainid"
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
	// only is the one role that has the key, "" for both: setting it for the other
	// mistakes the node for something else.
	only  string
	parse func(cfg *Config, value string) error
}

var errValue = errors.New("wrong value")

var settings = map[string]setting{
	"role": {"mining or client", "", func(c *Config, v string) error {
		c.Role = v
		return must(v == RoleMining || v == RoleClient)
	}},
	"net_listen_ip":   {"an IP address", "", func(c *Config, v string) error { return setAddr(&c.NetListen, v) }},
	"net_listen_port": {"1-65535", "", func(c *Config, v string) error { return setPort(&c.NetListen, v) }},
	"http_ip":         {"an IP address", "", func(c *Config, v string) error { return setAddr(&c.HTTPListen, v) }},
	"http_port":       {"1-65535", "", func(c *Config, v string) error { return setPort(&c.HTTPListen, v) }},
	"http_tls_cert":   {"an absolute path", "", func(c *Config, v string) error { return setPath(&c.HTTPTLSCert, v) }},
	"http_tls_key":    {"an absolute path", "", func(c *Config, v string) error { return setPath(&c.HTTPTLSKey, v) }},
	"http_hosts": {"host names or addresses, with commas between them", "", func(c *Config, v string) error {
		return setList(&c.HTTPHosts, v, func(s string) bool { return hostName.MatchString(s) })
	}},
	"http_cors_origins": {"http(s)://host[:port], with commas between them", "", func(c *Config, v string) error {
		return setList(&c.HTTPCORSOrigins, v, isOrigin)
	}},
	"chain_id": {"a chain id of 1-50 letters, digits, - and _", "", func(c *Config, v string) error {
		c.ChainID = v
		return must(chainid.Valid(v))
	}},
	"chain_grpc": {"host:port or http(s)://host:port", "", func(c *Config, v string) error {
		c.ChainGRPC = v
		return must(endpointHost(v) != "")
	}},
	"chain_rpc": {"http(s)://host:port", "", func(c *Config, v string) error {
		c.ChainRPC = v
		return must(strings.Contains(v, "://") && endpointHost(v) != "")
	}},
	"chain_rest": {"http(s)://host:port", RoleClient, func(c *Config, v string) error {
		c.ChainREST = v
		return must(strings.Contains(v, "://") && endpointHost(v) != "")
	}},
	"chain_trusted": {"host names or addresses, with commas between them", RoleMining, func(c *Config, v string) error {
		return setList(&c.ChainTrusted, v, func(s string) bool { return hostName.MatchString(s) })
	}},
	"public_ip": {"the IPv4 address at which published ports answer", "", func(c *Config, v string) (err error) {
		c.PublicIP, err = netip.ParseAddr(v)
		return errors.Join(err, must(c.PublicIP.Is4() && !c.PublicIP.IsUnspecified() && !c.PublicIP.IsMulticast()))
	}},
	"port_first": {"5200-32767", RoleMining, func(c *Config, v string) error { return setGuestPort(&c.PortFirst, v) }},
	"port_last":  {"5200-32767", RoleMining, func(c *Config, v string) error { return setGuestPort(&c.PortLast, v) }},
	"data_dir": {"an absolute path of at most 64 bytes (unix sockets are below it) that QEMU's user can enter, so not below /root", RoleMining, func(c *Config, v string) error {
		return errors.Join(setPath(&c.DataDir, v), must(len(v) <= 64 && c.DataDir != "/" && c.DataDir != "/root" && !strings.HasPrefix(c.DataDir, "/root/")))
	}},
	"libvirt_socket": {"an absolute path", RoleMining, func(c *Config, v string) error { return setPath(&c.LibvirtSocket, v) }},
	"helper_socket": {"an absolute path of at most 100 bytes, such as /run/dbc/helper.sock", "", func(c *Config, v string) error {
		return errors.Join(setPath(&c.HelperSocket, v), must(len(v) <= 100))
	}},
	"guest_cidr": {"a private IPv4 network from /16 to /29, such as 172.31.224.0/20", RoleMining, func(c *Config, v string) (err error) {
		c.GuestCIDR, err = netip.ParsePrefix(v)
		return errors.Join(err, must(c.GuestCIDR == c.GuestCIDR.Masked() && c.GuestCIDR.Addr().Is4() &&
			c.GuestCIDR.Addr().IsPrivate() && c.GuestCIDR.Bits() >= 16 && c.GuestCIDR.Bits() <= 29))
	}},
	"guest_dns": {"public IPv4 addresses, with commas between them", RoleMining, func(c *Config, v string) error {
		c.GuestDNS = nil
		return setList(new([]string), v, func(s string) bool {
			addr, err := netip.ParseAddr(s)
			c.GuestDNS = append(c.GuestDNS, addr)
			return err == nil && addr.Is4() && addr.IsGlobalUnicast() && !addr.IsPrivate()
		})
	}},
	"host_cpus":       {"0-4096", RoleMining, func(c *Config, v string) error { return setInt(&c.HostCPUs, v, 4096) }},
	"host_memory_mib": {"0-16777216", RoleMining, func(c *Config, v string) error { return setInt(&c.HostMemoryMiB, v, 16<<20) }},
	"vm_disk_mib":     {"0-1048576", RoleMining, func(c *Config, v string) error { return setInt(&c.VM.DiskMiB, v, 1<<20) }},
	"vm_disk_ios":     {"0-1048576", RoleMining, func(c *Config, v string) error { return setInt(&c.VM.DiskIOs, v, 1<<20) }},
	"vm_net_mbit":     {"0-1048576", RoleMining, func(c *Config, v string) error { return setInt(&c.VM.NetMbit, v, 1<<20) }},
	"vm_net_packets":  {"0-16777216", RoleMining, func(c *Config, v string) error { return setInt(&c.VM.Packets, v, 1<<24) }},
	"vm_connections":  {"0-1048576", RoleMining, func(c *Config, v string) error { return setInt(&c.VM.Connections, v, 1<<20) }},
	"reconcile_seconds": {"1-60", RoleMining, func(c *Config, v string) error {
		var seconds int
		err := setInt(&seconds, v, 60)
		c.Reconcile = time.Duration(seconds) * time.Second
		return errors.Join(err, must(seconds > 0))
	}},
	"test_slots":              {"0-64", RoleMining, func(c *Config, v string) error { return setInt(&c.TestSlots, v, 64) }},
	"test_emulation":          {"true or false", RoleMining, func(c *Config, v string) error { return setBool(&c.TestEmulation, v) }},
	"operator_key":            {"the name of a key", RoleMining, func(c *Config, v string) error { c.OperatorKey = v; return must(keyName.MatchString(v)) }},
	"faucet_key":              {"the name of a key", RoleClient, func(c *Config, v string) error { c.FaucetKey = v; return must(keyName.MatchString(v)) }},
	"keyring_dir":             {"an absolute path", "", func(c *Config, v string) error { return setPath(&c.KeyringDir, v) }},
	"keyring_passphrase_file": {"an absolute path", RoleMining, func(c *Config, v string) error { return setPath(&c.KeyringPassphraseFile, v) }},
	"relay":                   {"true or false", "", func(c *Config, v string) error { return setBool(&c.Relay, v) }},
	"relay_data_mib":          {"0-1048576", "", func(c *Config, v string) error { return setInt(&c.RelayDataMiB, v, 1<<20) }},
	"metrics_listen": {"a loopback address and port, such as 127.0.0.1:9464", "", func(c *Config, v string) (err error) {
		c.MetricsListen, err = netip.ParseAddrPort(v)
		return errors.Join(err, must(c.MetricsListen.Addr().IsLoopback() && c.MetricsListen.Port() > 0))
	}},
	"log_level": {"debug, info, warn or error", "", func(c *Config, v string) error {
		levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
		level, ok := levels[v]
		c.LogLevel = level
		return must(ok)
	}},
}

var (
	keyName  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
	hostName = regexp.MustCompile(`^([A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*|[0-9a-fA-F:]+)$`)
)

func knownKeys() string { return strings.Join(slices.Sorted(maps.Keys(settings)), ", ") }

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
