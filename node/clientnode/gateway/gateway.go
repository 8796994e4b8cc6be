// Package gateway is the API of a client node. It passes each request, byte for
// byte, to the one machine that peer_nodes_list names, and passes that
// machine's signed answer back. It does not interpret a machine's routes, so it
// can neither read a request differently than the machine does nor answer in
// its name.
package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// roleClient is the role in replies.
const roleClient = "client"

const exposed = auth.HeaderMachine + ", " + auth.HeaderSign + ", Retry-After"

// Config is what a client node reports about itself and whom it answers.
type Config struct {
	Version string
	ChainID string
	Guard   httpapi.Guard
	// Faucet reports that one of the Mounts is a faucet.
	Faucet bool
}

// Mount is a route that the client node answers itself, as a pattern of
// http.ServeMux.
type Mount struct {
	Pattern string
	Handler http.Handler
}

// Deps are the dependencies of a gateway.
type Deps struct {
	// Machines sends a request to the machine whose id is the URL's host.
	Machines http.RoundTripper
	// Streams does the same for connections to guests, which not every relay
	// carries.
	Streams http.RoundTripper
	// Bonded returns nil for a machine of the chain. Requests are sent to no
	// other peer.
	Bonded func(ctx context.Context, machineID string) error
	// Known lists machines that can be named in a request.
	Known func(ctx context.Context) ([]api.Node, error)
	// Status returns the node's own status.
	Status func(ctx context.Context) api.ClientRoot
	// Health returns why the node should not be relied on; nil means that nobody looks.
	Health func(ctx context.Context) []api.HealthReason
	// Own are the handlers of the routes that the node answers itself, by name;
	// one without a handler does not exist. Mounts are further ones.
	Own    map[string]http.Handler
	Mounts []Mount
	// Web is the web app, Docs the documentation. Nil means a node without one.
	Web, Docs http.Handler
	Log       *slog.Logger
}

// Gateway serves renters.
type Gateway struct {
	cfg  Config
	deps Deps
	held held
}

// New returns a gateway for http.Server.
func New(cfg Config, deps Deps) *Gateway { return &Gateway{cfg: cfg, deps: deps, held: newHeld()} }

// Handler returns everything behind the checks of Host and Origin.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	asked := map[string]http.HandlerFunc{"node_status": g.root, "node_version": g.status, "health": g.health, "openapi": g.openAPI, "web_app": g.meta}
	streams := map[string]http.RoundTripper{"forward": g.deps.Streams}
	for _, r := range api.Routes() {
		switch own := g.deps.Own[r.Name]; {
		case asked[r.Name] != nil:
			mux.HandleFunc(r.Method+" "+r.Path, asked[r.Name])
		case own != nil:
			mux.Handle(r.Path, g.own(own)) // it refuses other methods
		case r.Stream:
			machines := cmp.Or(streams[r.Name], g.deps.Machines)
			mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, r *http.Request) { g.socket(w, r, machines) })
		}
	}
	mux.HandleFunc("POST /{$}", g.status)
	mux.HandleFunc("POST /api/v1/{$}", g.status)
	mux.HandleFunc("POST "+api.PathMiningNodes, g.machines)
	mux.HandleFunc("/api/v1/", g.forward)
	for _, gone := range api.RemovedRoutes() {
		refuse := func(w http.ResponseWriter, r *http.Request) { g.refuse(w, r, gone.Refusal(r.URL.Path)) }
		mux.HandleFunc(gone.Path, refuse)
		mux.HandleFunc(gone.Path+"/", refuse)
	}
	for _, m := range g.deps.Mounts {
		mux.Handle(m.Pattern, g.own(m.Handler))
	}
	if g.deps.Docs != nil {
		mux.Handle(pathDocs+"/", g.deps.Docs)
		mux.Handle(pathDocs, http.RedirectHandler(pathDocs+"/", http.StatusMovedPermanently))
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
			g.deps.Log.Debug("an answer could not be sent", "error", err)
		}
	})
}

func (g *Gateway) data(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	data := &sealed{ResponseWriter: w, request: r}
	g.serve(data, r, mux)
	data.end()
}

func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, mux *http.ServeMux) {
	_, pattern := mux.Handler(r)
	switch err := g.check(r, pattern); {
	case err != nil:
		g.refuse(w, r, err)
	case r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "":
		g.preflight(w, r)
	default:
		mux.ServeHTTP(w, r)
	}
}

// check refuses other web pages. pattern is the route that will answer.
func (g *Gateway) check(r *http.Request, pattern string) error {
	guard := g.cfg.Guard
	if reads(r) && below(pattern, pathDocs) && below(r.URL.Path, pathDocs) && below(path.Clean(r.URL.Path), pathDocs) {
		// A page of the documentation has no origin, and says so for its own code. A path
		// with dots or encoded slashes has more readings than one: all have to agree.
		guard.Origins = append(slices.Clone(guard.Origins), "null")
	}
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

// own wraps what this node answers itself in the same rules: JSON only,
// readable by the pages that are allowed.
func (g *Gateway) own(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			r.Body = http.NoBody
		} else {
			body, err := httpapi.ReadBody(w, r, g.held.bodies)
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

// HTTP returns an http.Server with limits for slow and half-open connections.
func (g *Gateway) HTTP() *http.Server {
	return &http.Server{
		Handler: g.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ConnState: budget.NewConns(maxConns).Track,
		ErrorLog: slog.NewLogLogger(g.deps.Log.Handler(), slog.LevelDebug),
	}
}

// preflight answers a browser's request for permission on behalf of a page of
// another origin.
func (g *Gateway) preflight(w http.ResponseWriter, r *http.Request) {
	g.headers(w, r)
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type, "+auth.HeaderName+", "+api.HeaderHeight)
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

func (g *Gateway) status(w http.ResponseWriter, r *http.Request) {
	status := g.deps.Status(r.Context())
	status.Version, status.Role, status.ChainID = g.cfg.Version, roleClient, g.cfg.ChainID
	status.APIVersion, status.Features = api.Version, api.ClientFeatures
	g.write(w, r, status)
}

func (g *Gateway) health(w http.ResponseWriter, r *http.Request) {
	h := api.Health{Reasons: []api.HealthReason{}, Role: roleClient, ChainID: g.cfg.ChainID}
	if g.deps.Health != nil {
		h.Reasons = append(h.Reasons, g.deps.Health(r.Context())...)
	}
	h.Healthy = len(h.Reasons) == 0
	g.write(w, r, h)
}

func (g *Gateway) openAPI(w http.ResponseWriter, r *http.Request) {
	g.headers(w, r)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(api.OpenAPI())
}
