package conf

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/dbc-network/dbc/chainid"
)

// keys returns the keys that nodes of both roles have.
func (c *Node) keys() table {
	return table{
		"role": {"mining or client", func(v string) error {
			c.Role = v
			return must(v == RoleMining || v == RoleClient)
		}},
		"net_listen_ip":   {"an IP address", func(v string) error { return setAddr(&c.NetListen, v) }},
		"net_listen_port": {"1-65535", func(v string) error { return setPort(&c.NetListen, v) }},
		"http_ip":         {"an IP address", func(v string) error { return setAddr(&c.HTTPListen, v) }},
		"http_port":       {"1-65535", func(v string) error { return setPort(&c.HTTPListen, v) }},
		"http_tls_cert":   {"an absolute path", func(v string) error { return setPath(&c.HTTPTLSCert, v) }},
		"http_tls_key":    {"an absolute path", func(v string) error { return setPath(&c.HTTPTLSKey, v) }},
		"http_hosts": {"host names or addresses, with commas between them", func(v string) error {
			return setList(&c.HTTPHosts, v, func(s string) bool { return hostName.MatchString(s) })
		}},
		"http_cors_origins": {"http(s)://host[:port], with commas between them", func(v string) error {
			return setList(&c.HTTPCORSOrigins, v, isOrigin)
		}},
		"chain_id": {"a chain id of 1-50 letters, digits, - and _", func(v string) error {
			c.ChainID = v
			return must(chainid.Valid(v))
		}},
		"chain_grpc": {"host:port or http(s)://host:port", func(v string) error {
			c.ChainGRPC = v
			return must(endpointHost(v) != "")
		}},
		"chain_rpc": {"http(s)://host:port", func(v string) error {
			c.ChainRPC = v
			return must(strings.Contains(v, "://") && endpointHost(v) != "")
		}},
		"public_ip": {"the IPv4 address at which published ports answer", func(v string) (err error) {
			c.PublicIP, err = netip.ParseAddr(v)
			return errors.Join(err, must(c.PublicIP.Is4() && !c.PublicIP.IsUnspecified() && !c.PublicIP.IsMulticast()))
		}},
		"metrics_listen": {"a loopback address and port, such as 127.0.0.1:9464", func(v string) (err error) {
			c.MetricsListen, err = netip.ParseAddrPort(v)
			return errors.Join(err, must(c.MetricsListen.Addr().IsLoopback() && c.MetricsListen.Port() > 0))
		}},
		"keyring_dir":    {"an absolute path", func(v string) error { return setPath(&c.KeyringDir, v) }},
		"relay":          {"true or false", func(v string) error { return setBool(&c.Relay, v) }},
		"relay_data_mib": {"0-1048576", func(v string) error { return setInt(&c.RelayDataMiB, v, 1<<20) }},
		"log_level": {"debug, info, warn or error", func(v string) error {
			levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
			level, ok := levels[v]
			c.LogLevel = level
			return must(ok)
		}},
	}
}
