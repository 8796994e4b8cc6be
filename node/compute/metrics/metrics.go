// Package metrics exports the state of a compute node for Prometheus. Labels
// come from fixed lists in this program: no renter, machine, task or address is
// among them.
package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/httpapi"
)

const (
	namespace = "dbc"
	// Path is the route of the metrics.
	Path = "/metrics"
)

// stepBuckets range from writing a file to a slow guest's boot, in seconds.
var stepBuckets = []float64{.005, .02, .1, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600}

// Metrics counts events and queries Sources for the current state.
type Metrics struct {
	registry *prometheus.Registry

	reconciles      *prometheus.HistogramVec
	reconcileErrors prometheus.Counter
	lastReconcile   prometheus.Gauge
	steps           *prometheus.HistogramVec
	calls           *prometheus.CounterVec
}

var (
	_ host.Observer    = (*Metrics)(nil)
	_ nodeapi.Observer = (*Metrics)(nil)
)

// New registers everything. Sources are queried at every scrape.
func New(sources Sources) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		reconciles: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Subsystem: "reconcile", Name: "duration_seconds",
			Help: "How long comparisons of chain, hypervisor and journal took.", Buckets: prometheus.DefBuckets,
		}, nil),
		reconcileErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "reconcile", Name: "errors_total",
			Help: "Comparisons that failed: the journal or the hypervisor did not answer.",
		}),
		lastReconcile: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "reconcile", Name: "last_success_timestamp_seconds",
			Help: "When chain, hypervisor and journal were last compared.",
		}),
		steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "step_duration_seconds",
			Help: "How long the steps of making a VM took, by step and outcome.", Buckets: stepBuckets,
		}, []string{"step", "outcome"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Subsystem: "api", Name: "requests_total",
			Help: "Calls of the API by the code of their answer, OK among them.",
		}, []string{"code"}),
	}
	m.registry.MustRegister(
		m.reconciles, m.reconcileErrors, m.lastReconcile, m.steps, m.calls, &state{sources},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.reconciles.WithLabelValues()
	return m
}

// Reconciled counts one pass of the reconcile loop.
func (m *Metrics) Reconciled(took time.Duration, err error) {
	m.reconciles.WithLabelValues().Observe(took.Seconds())
	if err != nil {
		m.reconcileErrors.Inc()
		return
	}
	m.lastReconcile.SetToCurrentTime()
}

// Stepped counts one step of creating a VM.
func (m *Metrics) Stepped(step string, took time.Duration, err error) {
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	m.steps.WithLabelValues(step, outcome).Observe(took.Seconds())
}

// Answered counts one API call by its error code, or "" for success.
func (m *Metrics) Answered(code string) {
	if code == "" {
		code = "OK"
	}
	m.calls.WithLabelValues(code).Inc()
}

// Handler serves GET Path and nothing else. guard keeps web pages out.
func (m *Metrics) Handler(guard httpapi.Guard, log *slog.Logger) http.Handler {
	show := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn), MaxRequestsInFlight: 4,
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
