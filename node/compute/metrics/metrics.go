// Package metrics exports the state of a compute node for Prometheus. Labels
// come from fixed lists in this program: no renter, machine, task or address is
// among them.
package metrics

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/node"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/exporter"
	"github.com/dbc-network/dbc/node/httpapi"
)

const namespace = exporter.Namespace

// stepBuckets range from writing a file to a slow guest's boot, in seconds.
var stepBuckets = []float64{.005, .02, .1, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600}

// Metrics counts events and queries Sources for the current state.
type Metrics struct {
	exporter *exporter.Exporter
	requests *exporter.Requests

	reconciles      *prometheus.HistogramVec
	reconcileErrors prometheus.Counter
	lastReconcile   prometheus.Gauge
	// succeeded is when a pass last did, in unix nanoseconds, at first the start.
	succeeded atomic.Int64
	steps     *prometheus.HistogramVec
	calls     *prometheus.CounterVec
}

var (
	_ host.Observer    = (*Metrics)(nil)
	_ nodeapi.Observer = (*Metrics)(nil)
)

// New registers everything. Sources are queried at every scrape.
func New(sources Sources) *Metrics {
	shown := exporter.New(conf.RoleMining, node.Version())
	m := &Metrics{
		exporter: shown, requests: exporter.NewRequests(shown),
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
	shown.Register(m.reconciles, m.reconcileErrors, m.lastReconcile, m.steps, m.calls, &state{sources})
	if sources.Problem != nil {
		shown.Register(exporter.Problems(sources.Problem))
	}
	if sources.Books != nil {
		shown.Register(moneyOf{sources.Books})
	}
	if sources.Helper != nil {
		shown.Register(helperOf{sources.Helper})
	}
	if sources.Resets != nil {
		shown.Register(resetsOf{sources.Resets})
	}
	m.reconciles.WithLabelValues()
	m.succeeded.Store(time.Now().UnixNano())
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
	m.succeeded.Store(time.Now().UnixNano())
}

// Succeeded returns when a pass of the reconcile loop last did, at first the start.
func (m *Metrics) Succeeded() time.Time { return time.Unix(0, m.succeeded.Load()) }

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

// Wrap counts the requests to the API.
func (m *Metrics) Wrap(next http.Handler) http.Handler { return m.requests.Wrap(next) }

// Peers adds the peers of a node, once.
func (m *Metrics) Peers(peers exporter.Peers) { m.exporter.Register(exporter.P2P(peers)) }

// Handler serves GET exporter.Path and nothing else. guard keeps web pages out.
func (m *Metrics) Handler(guard httpapi.Guard, log *slog.Logger) http.Handler {
	return m.exporter.Handler(guard, log)
}

// Serve answers scrapes on the listener until ctx is done.
func (m *Metrics) Serve(ctx context.Context, listener net.Listener, guard httpapi.Guard, log *slog.Logger) error {
	return m.exporter.Serve(ctx, listener, guard, log)
}
