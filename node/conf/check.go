package conf

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/chainid"
)

func refuse(key, value, limit string, reason error) *ConfigError {
	return &ConfigError{Key: key, Value: value, Limit: limit, Reason: reason}
}

func (c *Node) check() (wrong []*ConfigError) {
	if c.Role == "" {
		wrong = append(wrong, refuse("role", "", "mining or client", nil))
	}
	if c.ChainID == "" {
		wrong = append(wrong, refuse("chain_id", "", "the id of the chain, such as dbc-testnet-1", nil))
	}
	if c.NetListen.Port() == c.HTTPListen.Port() && overlap(c.NetListen.Addr(), c.HTTPListen.Addr()) {
		wrong = append(wrong, refuse("net_listen_port", strconv.Itoa(int(c.NetListen.Port())), "another port than http_port", nil))
	}
	if c.MetricsListen.IsValid() && c.MetricsListen.Port() == c.HTTPListen.Port() && overlap(c.MetricsListen.Addr(), c.HTTPListen.Addr()) {
		wrong = append(wrong, refuse("metrics_listen", c.MetricsListen.String(), "another port than the API's", nil))
	}
	if (c.HTTPTLSCert == "") != (c.HTTPTLSKey == "") {
		wrong = append(wrong, refuse("http_tls_cert", c.HTTPTLSCert, "http_tls_cert and http_tls_key together", nil))
	}
	return wrong
}

func (c *Client) check() []*ConfigError {
	wrong := c.Node.check()
	if c.FaucetKey != "" && !chainid.Devnet(c.ChainID) {
		wrong = append(wrong, refuse("faucet_key", c.FaucetKey, "none: only a devnet's coins are given away", nil))
	}
	return wrong
}

func (c *Compute) check() []*ConfigError {
	wrong := c.Node.check()
	if c.PortFirst > c.PortLast {
		wrong = append(wrong, refuse("port_first", strconv.Itoa(int(c.PortFirst)), "at most port_last", nil))
	}
	if !c.PublicIP.IsValid() {
		wrong = append(wrong, refuse("public_ip", "", "the IPv4 address at which published ports answer", nil))
	}
	if !c.HTTPListen.Addr().IsLoopback() {
		wrong = append(wrong, refuse("http_ip", c.HTTPListen.Addr().String(), "a loopback address: renters come through the client node", nil))
	}
	wrong = append(wrong, c.checkChain("chain_grpc", c.ChainGRPC)...)
	wrong = append(wrong, c.checkChain("chain_rpc", c.ChainRPC)...)
	if chainid.Test(c.ChainID) {
		return wrong
	}
	if c.TestSlots != 0 {
		wrong = append(wrong, refuse("test_slots", strconv.Itoa(c.TestSlots), "0", ErrMainNetwork))
	}
	if c.TestEmulation {
		wrong = append(wrong, refuse("test_emulation", "true", "false", ErrMainNetwork))
	}
	return wrong
}

// checkChain refuses a dbcd that is not the operator's: it decides over tenants' data.
func (c *Compute) checkChain(key, endpoint string) []*ConfigError {
	host := endpointHost(endpoint)
	switch {
	case !isLoopback(host) && !slices.Contains(c.ChainTrusted, host):
		return []*ConfigError{refuse(key, endpoint, "a loopback address, or a host that chain_trusted lists: its dbcd decides over tenants' data", nil)}
	case strings.HasPrefix(endpoint, "http://") && !isLoopback(host):
		return []*ConfigError{refuse(key, endpoint, "https:// for another computer: who changes its words decides over tenants' data", nil)}
	}
	return nil
}

// overlap reports whether two listen addresses conflict.
func overlap(a, b netip.Addr) bool { return a == b || a.IsUnspecified() || b.IsUnspecified() }

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
