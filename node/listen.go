package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen takes the API's port; what keeps it from that is a *ConfigError with
// the line of core.conf that can help.
func (c Config) listen(ctx context.Context) (net.Listener, error) {
	if c.HTTPTLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.HTTPTLSCert, c.HTTPTLSKey); err != nil {
			return nil, c.refusal("http_tls_cert", c.HTTPTLSCert, "a certificate in PEM, and its key in http_tls_key", err)
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.HTTPListen.String())
	if err != nil {
		return nil, c.notFree("http", err)
	}
	return listener, nil
}

// apiURL is where the API listens, for the log.
func (c Config) apiURL() string {
	if c.HTTPTLSCert != "" {
		return "https://" + c.HTTPListen.String()
	}
	return "http://" + c.HTTPListen.String()
}

// claim refuses a port for peers that another program has. libp2p itself would
// share it with another node, and go on where only one of UDP and TCP is free.
func (c Config) claim(ctx context.Context) error {
	tcp, err := new(net.ListenConfig).Listen(ctx, "tcp", c.NetListen.String())
	if err != nil {
		return c.notFree("net_listen", err)
	}
	udp, err := new(net.ListenConfig).ListenPacket(ctx, "udp", c.NetListen.String())
	if err != nil {
		return errors.Join(c.notFree("net_listen", err), tcp.Close())
	}
	return errors.Join(udp.Close(), tcp.Close())
}

// notFree is for an address of core.conf, the keys prefix_ip and prefix_port.
func (c Config) notFree(prefix string, err error) error {
	at := c.HTTPListen
	if prefix != "http" {
		at = c.NetListen
	}
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return c.refusal(prefix+"_ip", at.Addr().String(), "an address of this computer", err)
	case errors.Is(err, syscall.EACCES):
		return c.refusal(prefix+"_port", strconv.Itoa(int(at.Port())), "a port that this user may take, from 1024 on", err)
	}
	return c.refusal(prefix+"_port", strconv.Itoa(int(at.Port())), "a port that no other program has", err)
}

// otherChain is ErrBound: the node's dbcd serves another chain than core.conf says.
func (c Config) otherChain(serves string) error {
	return c.refusal("chain_id", c.ChainID, fmt.Sprintf("%s, which %s serves, or another chain_rpc and chain_grpc", serves, c.ChainRPC), ErrBound)
}
