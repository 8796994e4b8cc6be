package gateway

import (
	"net/http"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/web"
)

func (g *Gateway) meta(w http.ResponseWriter, r *http.Request) {
	meta := api.WebApp{ChainID: g.cfg.ChainID, Version: g.cfg.Version, KeyHosts: g.cfg.Guard.Hosts, Faucet: g.cfg.Faucet}
	if meta.KeyHosts == nil {
		meta.KeyHosts = []string{}
	}
	g.write(w, r, meta)
}

// root serves the app to browsers and the node's status to programs.
func (g *Gateway) root(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	if g.deps.Web != nil && web.WantsPage(r) {
		g.deps.Web.ServeHTTP(w, r)
		return
	}
	g.status(w, r)
}

// rest serves the app's files and pages, and nothing below the API's paths.
func (g *Gateway) rest(w http.ResponseWriter, r *http.Request) {
	if g.deps.Web == nil || !reads(r) || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/chain/") {
		g.refuse(w, r, noRoute(r))
		return
	}
	g.deps.Web.ServeHTTP(w, r)
}
