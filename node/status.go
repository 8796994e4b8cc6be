package node

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/node/p2p"
)

// OwnAPI is how this computer asks the node that runs by this configuration:
// by the certificate of core.conf where it has one, whoever signed it.
func OwnAPI(c conf.Node) (*http.Client, string, error) {
	at := c.HTTPListen
	if at.Addr().IsUnspecified() {
		loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if at.Addr().Is6() {
			loopback = netip.IPv6Loopback()
		}
		at = netip.AddrPortFrom(loopback, at.Port())
	}
	if c.HTTPTLSCert == "" {
		return &http.Client{}, "http://" + at.String(), nil
	}
	own, err := tls.LoadX509KeyPair(c.HTTPTLSCert, c.HTTPTLSKey)
	if err != nil {
		return nil, "", c.Refusal("http_tls_cert", c.HTTPTLSCert, "a certificate in PEM, and its key in http_tls_key", err)
	}
	pinned := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection takes this one certificate only
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 || string(s.PeerCertificates[0].Raw) != string(own.Certificate[0]) {
				return errors.New("the certificate is not that of core.conf")
			}
			return nil
		},
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: pinned}}, "https://" + at.String(), nil
}

// Answers is ErrOther where status is of another node, which has this one's port.
func Answers(c conf.Node, status api.ClientRoot) error {
	k, err := key.Load(c.KeyPath())
	if err != nil {
		return err
	}
	peer, err := p2p.PeerID(k.MachineID())
	if err != nil {
		return err
	}
	if status.MachineID == k.MachineID() || (status.Role == conf.RoleClient && status.PeerID == peer.String()) {
		return nil
	}
	return fmt.Errorf("%w: at %s answers a %s node with key %s%s, this home's is %s",
		ErrOther, c.HTTPListen, status.Role, status.MachineID, status.PeerID, peer)
}
