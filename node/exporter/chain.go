package exporter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/api"
)

// Pulse is what is known of a chain; *chain.Pulse is one.
type Pulse interface {
	// Seen returns the newest block and how old it is; ok is false before the first.
	Seen() (height int64, age time.Duration, ok bool)
	Problem() *api.Problem
}

var (
	descHeight  = describe("chain", "height", "The height of the newest block.")
	descAge     = describe("chain", "block_age_seconds", "How old that block is.")
	descProblem = describe("chain", "problem", "1 for what is wrong with the chain as this node sees it, by code; all 0 for nothing.", "code")
)

// problems are shown at zero too.
var problems = []api.ProblemCode{api.ProblemStalled, api.ProblemUnreachable, api.ProblemOther, api.ProblemFell}

func describe(subsystem, name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(Namespace, subsystem, name), help, labels, nil)
}

// Problems exports what is wrong with the chain.
func Problems(problem func() *api.Problem) prometheus.Collector { return problemsOf{problem} }

type problemsOf struct{ problem func() *api.Problem }

// Describe sends every description.
func (problemsOf) Describe(to chan<- *prometheus.Desc) { to <- descProblem }

// Collect sends the values.
func (p problemsOf) Collect(to chan<- prometheus.Metric) {
	now := p.problem()
	for _, code := range problems {
		value := 0.0
		if now != nil && now.Code == code {
			value = 1
		}
		to <- prometheus.MustNewConstMetric(descProblem, prometheus.GaugeValue, value, string(code))
	}
}

// Chain exports the newest block and what is wrong with the chain, for a node that has
// no other word of it.
func Chain(pulse Pulse) prometheus.Collector { return chainOf{problemsOf{pulse.Problem}, pulse} }

type chainOf struct {
	problemsOf
	pulse Pulse
}

// Describe sends every description.
func (c chainOf) Describe(to chan<- *prometheus.Desc) {
	to <- descHeight
	to <- descAge
	c.problemsOf.Describe(to)
}

// Collect sends the values; a chain that was never seen has no age.
func (c chainOf) Collect(to chan<- prometheus.Metric) {
	height, age, ok := c.pulse.Seen()
	to <- prometheus.MustNewConstMetric(descHeight, prometheus.GaugeValue, float64(height))
	if ok {
		to <- prometheus.MustNewConstMetric(descAge, prometheus.GaugeValue, age.Seconds())
	}
	c.problemsOf.Collect(to)
}
