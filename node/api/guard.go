package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/node/host"
)

// guard keeps web pages out that a browser of this computer has open: by DNS
// rebinding they come with a foreign Host, else with a foreign Origin.
func (s *Server) guard(r *http.Request) error {
	if !s.hostAllowed(r.Host) {
		return &host.Refusal{
			Kind: ErrForbiddenHost, Field: "Host", Value: r.Host, Limit: "this node's address, or http_hosts of core.conf",
		}
	}
	if origin := r.Header.Get("Origin"); origin != "" && !s.originAllowed(origin) {
		return &host.Refusal{
			Kind: ErrForbiddenOrigin, Field: "Origin", Value: origin, Limit: "http_cors_origins of core.conf",
		}
	}
	return nil
}

func (s *Server) hostAllowed(header string) bool {
	name := header
	if h, _, err := net.SplitHostPort(header); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || slices.Contains(s.cfg.Hosts, name) {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && (addr.IsLoopback() || addr == s.cfg.Listen.Addr())
}

func (s *Server) originAllowed(origin string) bool {
	own := fmt.Sprintf("http://%s", s.cfg.Listen)
	return origin == own || slices.Contains(s.cfg.Origins, origin)
}
