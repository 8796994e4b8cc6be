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

// listen opens the API's port; an error is a *ConfigError with the line of
// core.conf that can help.
func listen(ctx context.Context, c conf.Config) (net.Listener, error) {
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

// apiURL returns where the API listens, for the log.
func apiURL(c conf.Config) string {
	if c.HTTPTLSCert != "" {
		return "https://" + c.HTTPListen.String()
	}
	return "http://" + c.HTTPListen.String()
}

// claim refuses a port for peers that another program uses. libp2p itself would
// share it with another node, and continue if only one of UDP and TCP is free.
func claim(ctx context.Context, c conf.Config) error {
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

// free refuses ports that listen, claim and the metrics will need and can't
// have, before anything slow is done.
func free(ctx context.Context, c conf.Config) error {
	listener, err := listen(ctx, c)
	if err != nil {
		return err
	}
	if err := errors.Join(listener.Close(), claim(ctx, c)); err != nil || !c.MetricsListen.IsValid() {
		return err
	}
	metrics, err := new(net.ListenConfig).Listen(ctx, "tcp", c.MetricsListen.String())
	if err != nil {
		return c.Refusal("metrics_listen", c.MetricsListen.String(), "an address of this computer and a port that no other program has", err)
	}
	return metrics.Close()
}

// notFree returns the error for an address of core.conf, the keys prefix_ip and
// prefix_port.
func notFree(c conf.Config, prefix string, err error) error {
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

// otherChain returns ErrBound: the node's dbcd serves another chain than core.conf says.
func otherChain(c conf.Config, serves string) error {
	return c.Refusal("chain_id", c.ChainID, fmt.Sprintf("%s, which %s serves, or another chain_rpc and chain_grpc", serves, c.ChainRPC), ErrBound)
}
