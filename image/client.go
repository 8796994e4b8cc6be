//go:build linux

package image

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"syscall"
	"time"
)

const (
	maxRedirects = 10
	dialTimeout  = 30 * time.Second
	replyTimeout = time.Minute
)

// fence allows connections to the hosts that the operator or the catalogue
// named, wherever they are, and to public addresses. A server that redirects
// must not make the node connect to services on its own computer or network.
type fence struct {
	mu    sync.Mutex
	named map[string]bool
}

// newClient returns a client for one pull of src. It uses https only, also
// after a redirect, since the checksum may come the same way.
func newClient(roots *x509.CertPool, src Source) (*http.Client, error) {
	f := &fence{named: map[string]bool{}}
	for _, address := range []string{src.URL, src.Sums} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSource, err)
		}
		f.allow(u, "443")
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy: f.proxy, DialContext: f.dial, ForceAttemptHTTP2: true, TLSHandshakeTimeout: dialTimeout,
			ResponseHeaderTimeout: replyTimeout, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return fmt.Errorf("%w: more than %d redirects", ErrSource, maxRedirects)
			}
			return checkURL(req.URL.String())
		},
	}, nil
}

func (f *fence) allow(u *url.URL, port string) {
	if p := u.Port(); p != "" {
		port = p
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.named[net.JoinHostPort(u.Hostname(), port)] = true
}

// proxy returns the proxy from the environment; whoever set that named the
// host.
func (f *fence) proxy(req *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(req)
	if u != nil {
		f.allow(u, map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme])
	}
	return u, err
}

func (f *fence) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	f.mu.Lock()
	named := f.named[address]
	f.mu.Unlock()
	if !named {
		// Checked on connect, after the name was resolved.
		d.Control = func(_, address string, _ syscall.RawConn) error { return checkPublic(address) }
	}
	return d.DialContext(ctx, network, address)
}

// notPublic are ranges that netip does not classify as special (RFC 6890, RFC
// 6052).
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

func checkPublic(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSource, err)
	}
	addr := at.Addr().Unmap()
	private := !addr.IsGlobalUnicast() || addr.IsPrivate()
	for _, p := range notPublic {
		private = private || p.Contains(addr)
	}
	if private {
		return fmt.Errorf("%w: it redirects to %s, which is not a public address", ErrSource, addr)
	}
	return nil
}
