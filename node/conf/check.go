package conf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/chainid"
)

// check checks what no single key can show.
func (c Config) check() []*ConfigError {
	var wrong []*ConfigError
	refuse := func(key, value, limit string, reason error) {
		wrong = append(wrong, &ConfigError{Key: key, Value: value, Limit: limit, Reason: reason})
	}
	if c.Role == "" {
		refuse("role", "", "mining or client", nil)
	}
	if c.ChainID == "" {
		refuse("chain_id", "", "the id of the chain, such as dbc-testnet-1", nil)
	}
	if c.PortFirst > c.PortLast {
		refuse("port_first", strconv.Itoa(int(c.PortFirst)), "at most port_last", nil)
	}
	if c.NetListen.Port() == c.HTTPListen.Port() && overlap(c.NetListen.Addr(), c.HTTPListen.Addr()) {
		refuse("net_listen_port", strconv.Itoa(int(c.NetListen.Port())), "another port than http_port", nil)
	}
	if (c.HTTPTLSCert == "") != (c.HTTPTLSKey == "") {
		refuse("http_tls_cert", c.HTTPTLSCert, "http_tls_cert and http_tls_key together", nil)
	}
	if c.FaucetKey != "" && !chainid.Devnet(c.ChainID) {
		refuse("faucet_key", c.FaucetKey, "none: only a devnet's coins are given away", nil)
	}
	if c.MetricsListen.IsValid() && c.MetricsListen == c.HTTPListen {
		refuse("metrics_listen", c.MetricsListen.String(), "another port than the API's", nil)
	}
	if c.Role != RoleMining {
		if c.HelperSocket != "" {
			refuse("helper_socket", c.HelperSocket, "absent: a client node needs no privileges", nil)
		}
		if c.MetricsListen.IsValid() {
			refuse("metrics_listen", c.MetricsListen.String(), "absent: only mining nodes have metrics", nil)
		}
		return wrong
	}
	if !c.PublicIP.IsValid() {
		refuse("public_ip", "", "the IPv4 address at which published ports answer", nil)
	}
	if !c.HTTPListen.Addr().IsLoopback() {
		refuse("http_ip", c.HTTPListen.Addr().String(), "a loopback address: renters come through the client node", nil)
	}
	for key, endpoint := range map[string]string{"chain_grpc": c.ChainGRPC, "chain_rpc": c.ChainRPC} {
		host := endpointHost(endpoint)
		if !c.trusts(host) {
			refuse(key, endpoint, "a loopback address, or a host that chain_trusted lists: its dbcd decides over tenants' data", nil)
		} else if strings.HasPrefix(endpoint, "http://") && !isLoopback(host) {
			refuse(key, endpoint, "https:// for another computer: who changes its words decides over tenants' data", nil)
		}
	}
	if !chainid.Test(c.ChainID) {
		if c.TestSlots != 0 {
			refuse("test_slots", strconv.Itoa(c.TestSlots), "0", ErrMainNetwork)
		}
		if c.TestEmulation {
			refuse("test_emulation", "true", "false", ErrMainNetwork)
		}
	}
	return wrong
}

// overlap reports whether two listen addresses conflict.
func overlap(a, b netip.Addr) bool { return a == b || a.IsUnspecified() || b.IsUnspecified() }

func (c Config) trusts(host string) bool {
	return isLoopback(host) || slices.Contains(c.ChainTrusted, host)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
