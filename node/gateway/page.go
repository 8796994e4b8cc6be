package gateway

import (
	"net/http"
	"strings"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/web"
)

// PathWeb tells the web app what it must know of its node.
const PathWeb = "/api/v1/web"

// Meta is the reply of GET PathWeb.
type Meta struct {
	ChainID string `json:"chain_id"`
	Version string `json:"version"`
	// KeyHosts are the names under which, by https, a browser may keep a wallet;
	// on loopback it always may.
	KeyHosts []string `json:"key_hosts"`
	// Faucet says whether this node gives a devnet's coins.
	Faucet bool `json:"faucet"`
}

// Routes describes what a client node answers beside the routes of package api:
// for the documents, nothing is mounted from it.
func Routes() []api.Route {
	return []api.Route{{
		Name: "web_app", Method: http.MethodGet, Path: PathWeb, Authority: api.Everyone, Own: true,
		Summary:   "Tell the web app what it must know of its client node; compute nodes have no such route.",
		SummaryZH: "向网页应用说明其客户端节点的信息；计算节点没有此路由。",
		Reply:     Meta{},
	}}
}

func (g *Gateway) meta(w http.ResponseWriter, r *http.Request) {
	meta := Meta{ChainID: g.cfg.ChainID, Version: g.cfg.Version, KeyHosts: g.cfg.Guard.Hosts, Faucet: g.cfg.Faucet}
	if meta.KeyHosts == nil {
		meta.KeyHosts = []string{}
	}
	g.write(w, r, http.StatusOK, api.Reply{}, meta)
}

// root is the app for browsers and the node's status for programs.
func (g *Gateway) root(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	if g.deps.Web != nil && web.WantsPage(r) {
		g.deps.Web.ServeHTTP(w, r)
		return
	}
	g.status(w, r)
}

// rest is the app's files and pages, and nothing below the API's paths.
func (g *Gateway) rest(w http.ResponseWriter, r *http.Request) {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if g.deps.Web == nil || !reads || strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, "/chain/") {
		g.refuse(w, r, noRoute(r))
		return
	}
	g.deps.Web.ServeHTTP(w, r)
}
