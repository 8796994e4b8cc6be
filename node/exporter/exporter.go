// Package exporter serves a node's metrics to Prometheus, and has those that both
// nodes have: the build, the API's requests, the peers and the chain. Labels come from
// fixed lists in this program: no wallet, machine, rental, task or address is among
// them.
package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

const (
	// Namespace begins the names of all metrics.
	Namespace = "dbc"
	// Path is the route of the metrics.
	Path = "/metrics"

	// maxScrapes bounds the scrapes at a time, maxConns the connections: whoever reaches
	// this port shares the node's open files with its API.
	maxScrapes = 4
	maxConns   = 32
	// drain is what a scrape has to end after the node was told to.
	drain = time.Second
)

// Exporter has the metrics of one node.
type Exporter struct{ registry *prometheus.Registry }

// New returns an exporter with the metrics of the process and of its build. role is
// the node's.
func New(role, version string) *Exporter {
	e := &Exporter{registry: prometheus.NewRegistry()}
	e.Register(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: Namespace, Name: "build_info", Help: "1, with the program, its version and the node's role in labels.",
			ConstLabels: prometheus.Labels{"program": "dbc", "role": role, "version": version, "goversion": runtime.Version()},
		}, func() float64 { return 1 }),
	)
	return e
}

// Register adds metrics. It panics where two have one name, as the program's own are
// known when it is written.
func (e *Exporter) Register(all ...prometheus.Collector) { e.registry.MustRegister(all...) }

// Gatherer returns all metrics, for tests.
func (e *Exporter) Gatherer() prometheus.Gatherer { return e.registry }

// Handler serves GET Path and nothing else. guard keeps web pages out.
func (e *Exporter) Handler(guard httpapi.Guard, log *slog.Logger) http.Handler {
	show := promhttp.HandlerFor(e.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: maxScrapes,
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, func(w http.ResponseWriter, r *http.Request) {
		if err := guard.Check(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		show.ServeHTTP(w, r)
	})
	return mux
}

// Serve answers scrapes on the listener until ctx is done.
func (e *Exporter) Serve(ctx context.Context, listener net.Listener, guard httpapi.Guard, log *slog.Logger) error {
	server := &http.Server{
		Handler:           e.Handler(guard, log),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
		ConnState: budget.NewConns(maxConns).Track,
		ErrorLog:  slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	log.Info("metrics are shown", "url", "http://"+listener.Addr().String()+Path)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve metrics: %w", err)
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer stop()
	err := server.Shutdown(end)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if ended := <-ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
