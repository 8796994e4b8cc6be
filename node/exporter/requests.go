package exporter

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/api"
)

// The routes that package api does not have, by pattern; whatever else was asked for
// counts as others.
const (
	routeOther = "other"
	routePages = "pages"
)

// extra are a client node's further routes, by pattern of http.ServeMux.
var extra = map[string]string{
	"/chain/rpc": "/chain/rpc", "/chain/rpc/": "/chain/rpc", "/chain/rest/": "/chain/rest", "/chain/": "/chain", "/docs/": "/docs",
	"/api/": routeOther, "/": routePages,
}

// requestBuckets range from what is in memory to a machine that is waited for, in
// seconds.
var requestBuckets = []float64{.005, .025, .1, .5, 2, 10, 30, 60}

// Requests counts what an API is asked and how it answers.
type Requests struct {
	// patterns are the routes by pattern of mux, which has no handlers of its own.
	mux      *http.ServeMux
	patterns map[string]string

	total    *prometheus.CounterVec
	took     *prometheus.HistogramVec
	refusals *prometheus.CounterVec
	waiting  prometheus.Gauge
	sockets  *prometheus.GaugeVec
}

// NewRequests registers the metrics of an API.
func NewRequests(e *Exporter) *Requests {
	q := &Requests{
		mux: http.NewServeMux(), patterns: map[string]string{},
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: Namespace, Subsystem: "http", Name: "requests_total",
			Help: "Requests by route and class of the status, WebSockets as 1xx.",
		}, []string{"route", "class"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: Namespace, Subsystem: "http", Name: "request_duration_seconds",
			Help: "How long requests took until their answer began, by route; without those that asked to wait for a change.", Buckets: requestBuckets,
		}, []string{"route"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: Namespace, Subsystem: "http", Name: "refusals_total",
			Help: "Requests that this node refused itself, by the code of the refusal.",
		}, []string{"code"}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: Namespace, Subsystem: "http", Name: "long_polls", Help: "Requests under way that asked to wait for a change.",
		}),
		sockets: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: Namespace, Subsystem: "http", Name: "websockets", Help: "Open WebSockets by route: consoles, screens and connections to guests that are relayed, and the chain's events.",
		}, []string{"route"}),
	}
	for _, r := range api.Routes() {
		q.add(r.Path, r.Path)
		if r.Stream {
			q.sockets.WithLabelValues(label(r.Path))
		}
	}
	for pattern, route := range extra {
		q.add(pattern, route)
	}
	for _, code := range []api.Code{api.TooManyRequests, api.TooManyOpen, api.HostRefused, api.OriginRefused} {
		q.refusals.WithLabelValues(string(code))
	}
	e.Register(q.total, q.took, q.refusals, q.waiting, q.sockets)
	return q
}

// label drops what only http.ServeMux understands.
func label(path string) string {
	if path == "/{$}" {
		return "/"
	}
	if end := len(path) - len("/{$}"); end > 0 && path[end:] == "/{$}" {
		return path[:end]
	}
	return path
}

func (q *Requests) add(pattern, route string) {
	if _, known := q.patterns[pattern]; known {
		return // another method of the same path
	}
	q.patterns[pattern] = label(route)
	q.mux.Handle(pattern, http.NotFoundHandler())
}

// route returns one of a fixed list.
func (q *Requests) route(r *http.Request) string {
	_, pattern := q.mux.Handler(r)
	if route, known := q.patterns[pattern]; known {
		return route
	}
	return routeOther
}

// Wrap returns next with every request counted.
func (q *Requests) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &counted{ResponseWriter: w, of: q, route: q.route(r), begun: time.Now()}
		if r.URL.Query().Get("wait") != "" {
			c.waits = true
			q.waiting.Inc()
			defer q.waiting.Dec()
		}
		defer c.end()
		next.ServeHTTP(c, r)
	})
}

// counted is a response writer that sees the status.
type counted struct {
	http.ResponseWriter
	of     *Requests
	route  string
	begun  time.Time
	waits  bool
	status int
}

// WriteHeader counts the answer as it begins.
func (c *counted) WriteHeader(status int) {
	if c.status == 0 && (status >= http.StatusOK || status == http.StatusSwitchingProtocols) {
		c.status = status
		c.of.total.WithLabelValues(c.route, strconv.Itoa(status/100)+"xx").Inc()
		switch {
		case status == http.StatusSwitchingProtocols:
			c.of.sockets.WithLabelValues(c.route).Inc()
		case !c.waits:
			c.of.took.WithLabelValues(c.route).Observe(time.Since(c.begun).Seconds())
		}
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write begins the answer where nothing did.
func (c *counted) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.WriteHeader(http.StatusOK)
	}
	return c.ResponseWriter.Write(p)
}

// Refused is httpapi's word of a refusal.
func (c *counted) Refused(code api.Code) { c.of.refusals.WithLabelValues(string(code)).Inc() }

// Unwrap lets http.ResponseController hijack for WebSockets.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counted) end() {
	if c.status == http.StatusSwitchingProtocols {
		c.of.sockets.WithLabelValues(c.route).Dec()
	}
}
