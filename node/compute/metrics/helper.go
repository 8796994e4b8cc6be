package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/node/guests/helper"
)

// helperLimit bounds the question after the helper's counts: a scrape does not wait for
// it.
const helperLimit = 2 * time.Second

var (
	descUp         = describe("helper", "up", "1 where the node's helper answers, else 0.")
	descHelper     = describe("helper", "build_info", "1, with the helper's version.", "version")
	descStarted    = describe("helper", "start_time_seconds", "When the helper started.")
	descCalls      = describe("helper", "calls_total", "Calls that the helper answered, by method and outcome: done, refused, failed, cancelled.", "method", "outcome")
	descCallTime   = describe("helper", "call_seconds_total", "How long they took together, without streams.", "method", "outcome")
	descRunning    = describe("helper", "calls_running", "Calls of the helper under way.")
	descLimit      = describe("helper", "calls_limit", "How many calls of one user the helper takes at a time.")
	descTurnedAway = describe("helper", "turned_away_total", "Calls and connections that the helper did not take: too many at a time, or somebody else's.")
	descResets     = describe("cards", "resets_total", "Resets of cards by outcome.", "outcome")
)

// helperOf exports what the helper counts. The helper itself listens on no port: a
// scrape reaches the node, and the node's user has the helper's socket anyway.
type helperOf struct {
	ask func(ctx context.Context) (helper.Stats, error)
}

// Describe sends every description.
func (helperOf) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descHelper, descStarted, descCalls, descCallTime, descRunning, descLimit, descTurnedAway, descResets} {
		to <- d
	}
}

// Collect sends the values; of a helper that does not answer only that.
func (h helperOf) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), helperLimit)
	defer cancel()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	s, err := h.ask(ctx)
	if err != nil {
		send(descUp, prometheus.GaugeValue, 0)
		return
	}
	send(descUp, prometheus.GaugeValue, 1)
	send(descHelper, prometheus.GaugeValue, 1, s.Version)
	send(descStarted, prometheus.GaugeValue, float64(s.Started.Unix()))
	for _, c := range s.Calls {
		send(descCalls, prometheus.CounterValue, float64(c.Count), c.Method, c.Outcome)
		if c.Took > 0 {
			send(descCallTime, prometheus.CounterValue, c.Took.Seconds(), c.Method, c.Outcome)
		}
	}
	send(descRunning, prometheus.GaugeValue, float64(s.Running))
	send(descLimit, prometheus.GaugeValue, float64(s.Limit))
	send(descTurnedAway, prometheus.CounterValue, float64(s.TurnedAway))
	resets(to, s.ResetsDone, s.ResetsFailed)
}

// resetsOf exports the resets of a node of one process.
type resetsOf struct {
	counts func() (done, failed uint64)
}

// Describe sends every description.
func (resetsOf) Describe(to chan<- *prometheus.Desc) { to <- descResets }

// Collect sends the values.
func (r resetsOf) Collect(to chan<- prometheus.Metric) {
	done, failed := r.counts()
	resets(to, done, failed)
}

func resets(to chan<- prometheus.Metric, done, failed uint64) {
	to <- prometheus.MustNewConstMetric(descResets, prometheus.CounterValue, float64(done), "done")
	to <- prometheus.MustNewConstMetric(descResets, prometheus.CounterValue, float64(failed), "failed")
}
