package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/dbc-network/dbc/node/conf"
)

// Listen opens the API's port. An error is a *conf.ConfigError with the line of
// core.conf that can help.
func Listen(ctx context.Context, c conf.Node) (net.Listener, error) {
	if c.HTTPTLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.HTTPTLSCert, c.HTTPTLSKey); err != nil {
			return nil, c.Refusal("http_tls_cert", c.HTTPTLSCert, "a certificate in PEM, and its key in http_tls_key", err)
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.HTTPListen.String())
	if err != nil {
		return nil, notFree(c, "http", err)
	}
	return listener, nil
}

// ListenMetrics opens metrics_listen, which has to be set.
func ListenMetrics(ctx context.Context, c conf.Node) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.MetricsListen.String())
	if err != nil {
		return nil, c.Refusal("metrics_listen", c.MetricsListen.String(), "an address of this computer and a port that no other program has", err)
	}
	return listener, nil
}

// APIURL returns where the API listens, for the log.
func APIURL(c conf.Node) string {
	if c.HTTPTLSCert != "" {
		return "https://" + c.HTTPListen.String()
	}
	return "http://" + c.HTTPListen.String()
}

// Claim refuses a port for peers that another program uses. libp2p itself would
// share it with another node, and continue if only one of UDP and TCP is free.
func Claim(ctx context.Context, c conf.Node) error {
	tcp, err := new(net.ListenConfig).Listen(ctx, "tcp", c.NetListen.String())
	if err != nil {
		return notFree(c, "net_listen", err)
	}
	udp, err := new(net.ListenConfig).ListenPacket(ctx, "udp", c.NetListen.String())
	if err != nil {
		return errors.Join(notFree(c, "net_listen", err), tcp.Close())
	}
	return errors.Join(udp.Close(), tcp.Close())
}

// notFree returns the error for an address of core.conf, the keys prefix_ip and
// prefix_port.
func notFree(c conf.Node, prefix string, err error) error {
	at := c.HTTPListen
	if prefix != "http" {
		at = c.NetListen
	}
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return c.Refusal(prefix+"_ip", at.Addr().String(), "an address of this computer", err)
	case errors.Is(err, syscall.EACCES):
		return c.Refusal(prefix+"_port", strconv.Itoa(int(at.Port())), "a port that this user may take, from 1024 on", err)
	}
	return c.Refusal(prefix+"_port", strconv.Itoa(int(at.Port())), "a port that no other program has", err)
}

// OtherChain returns ErrBound: the node's dbcd serves another chain than core.conf says.
func OtherChain(c conf.Node, serves string) error {
	return c.Refusal("chain_id", c.ChainID, fmt.Sprintf("%s, which %s serves, or another chain_rpc and chain_grpc", serves, c.ChainRPC), ErrBound)
}
