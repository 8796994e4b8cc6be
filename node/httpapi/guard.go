package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/api"
)

// Guard keeps web pages out that a browser of this computer has open: by DNS
// rebinding they come with a foreign Host, else with a foreign Origin.
type Guard struct {
	// Listen is where the node answers; Hosts are further names that a Host
	// header may have, Origins the other web pages that may ask.
	Listen  netip.AddrPort
	Hosts   []string
	Origins []string
}

// Check is nil, or a *api.Refusal of ErrForbiddenHost or ErrForbiddenOrigin.
func (g Guard) Check(r *http.Request) error {
	if !g.hostAllowed(r.Host) {
		return &api.Refusal{
			Kind: ErrForbiddenHost, Field: "Host", Value: r.Host, Limit: "this node's address, or http_hosts of core.conf",
		}
	}
	if origin := r.Header.Get("Origin"); origin != "" && !g.OriginAllowed(r) {
		return &api.Refusal{
			Kind: ErrForbiddenOrigin, Field: "Origin", Value: origin, Limit: "http_cors_origins of core.conf",
		}
	}
	return nil
}

// OriginAllowed says whether the request's Origin may ask and read the answer:
// the node's own pages, whose Host was checked, and those of Origins.
func (g Guard) OriginAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return origin == scheme+r.Host || origin == "http://"+g.Listen.String() || slices.Contains(g.Origins, origin)
}

func (g Guard) hostAllowed(header string) bool {
	name := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || slices.Contains(g.Hosts, name) {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && (addr.IsLoopback() || addr == g.Listen.Addr())
}
