// Package gateway is the API of a client node: it passes each request, byte for
// byte, to the one machine that peer_nodes_list names, and that machine's signed
// answer back. It knows no route of a machine, so it can neither read a request
// differently than the machine does nor answer in its name.
package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/budget"
)

const exposed = auth.HeaderMachine + ", " + auth.HeaderSign

// Config is what a client node says of itself and whom it answers.
type Config struct {
	Version string
	ChainID string
	Guard   api.Guard
	// Faucet says that a Mount gives coins.
	Faucet bool
}

// Mount is what the client node answers itself, as a pattern of http.ServeMux.
type Mount struct {
	Pattern string
	Handler http.Handler
}

// Deps are the parts that a gateway works with.
type Deps struct {
	// Machines carries a request to the machine whose id is the URL's host.
	Machines http.RoundTripper
	// Streams does the same for connections to guests, which not every relay carries.
	Streams http.RoundTripper
	// Bonded is nil for a machine of the chain: no other peer is asked anything.
	Bonded func(ctx context.Context, machineID string) error
	// Known lists machines that can be asked for.
	Known func(ctx context.Context) ([]api.Node, error)
	// Status is the node's own.
	Status func(ctx context.Context) Status
	Mounts []Mount
	// Web is the web app; nil for a node without one.
	Web http.Handler
	Log *slog.Logger
}

// Status is the reply of GET /.
type Status struct {
	api.Root
	// PeerID is this node's among the others; Peers is how many it has.
	PeerID string `json:"peer_id"`
	Peers  int    `json:"peers"`
}

// Gateway answers renters.
type Gateway struct {
	cfg  Config
	deps Deps
	held held
}

// New is a gateway for http.Server.
func New(cfg Config, deps Deps) *Gateway { return &Gateway{cfg: cfg, deps: deps, held: newHeld()} }

// Handler is everything behind the checks of Host and Origin.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", g.root)
	for _, route := range []string{"POST /{$}", "GET /api/v1/{$}", "POST /api/v1/{$}"} {
		mux.HandleFunc(route, g.status)
	}
	mux.HandleFunc("GET "+PathWeb, g.meta)
	mux.HandleFunc("POST "+api.PathMiningNodes, g.machines)
	mux.HandleFunc("/api/v1/", g.forward)
	for path, machines := range map[string]http.RoundTripper{
		api.PathTaskConsole: g.deps.Machines, api.PathTaskVNC: g.deps.Machines, api.PathTaskForward: g.deps.Streams,
	} {
		mux.HandleFunc("GET "+path+"{id}", func(w http.ResponseWriter, r *http.Request) { g.socket(w, r, machines) })
	}
	for _, m := range g.deps.Mounts {
		mux.Handle(m.Pattern, g.own(m.Handler))
	}
	mux.HandleFunc("/", g.rest)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isData(r) {
			g.serve(w, r, mux)
			return
		}
		if !takesZip(r) {
			g.data(w, r, mux)
			return
		}
		z := &zipped{ResponseWriter: w}
		defer z.free()
		g.data(z, r, mux)
		if err := z.end(); err != nil {
			g.deps.Log.Debug("an answer was not taken", "error", err)
		}
	})
}

func (g *Gateway) data(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	data := &sealed{ResponseWriter: w, request: r}
	g.serve(data, r, mux)
	data.end()
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	switch err := g.check(r); {
	case err != nil:
		g.refuse(w, r, err)
	case r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "":
		g.preflight(w, r)
	default:
		mux.ServeHTTP(w, r)
	}
}

// check keeps other web pages out.
func (g *Gateway) check(r *http.Request) error {
	guard := g.cfg.Guard
	if origin := r.Header.Get("Origin"); below(r.URL.Path, pathChain) && isExtension(origin) {
		guard.Origins = append(slices.Clone(guard.Origins), origin)
	}
	if err := guard.Check(r); err != nil {
		return err
	}
	if !isData(r) {
		return nil
	}
	return checkFetch(r)
}

// own is what this node answers itself, under the rules for all: JSON only, and
// read by the pages that may ask.
func (g *Gateway) own(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			r.Body = http.NoBody
		} else {
			body, err := api.ReadBody(w, r, g.held.bodies)
			if err != nil {
				g.refuse(w, r, err)
				return
			}
			defer body.Release()
			rewind(r, body.Bytes)
		}
		g.share(w, r)
		next.ServeHTTP(w, r)
	})
}

// HTTP is an http.Server with limits for slow and half-open callers.
func (g *Gateway) HTTP() *http.Server {
	return &http.Server{
		Handler: g.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ConnState: budget.NewConns(maxConns).Track,
		ErrorLog: slog.NewLogLogger(g.deps.Log.Handler(), slog.LevelDebug),
	}
}

// preflight is asked by a browser before a page of another origin may ask.
func (g *Gateway) preflight(w http.ResponseWriter, r *http.Request) {
	g.headers(w, r)
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type, "+auth.HeaderName)
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

func (g *Gateway) status(w http.ResponseWriter, r *http.Request) {
	status := g.deps.Status(r.Context())
	status.Version, status.Role, status.ChainID = g.cfg.Version, "client", g.cfg.ChainID
	g.write(w, r, http.StatusOK, api.Reply{}, status)
}
