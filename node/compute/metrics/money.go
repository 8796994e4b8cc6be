package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/node/compute/books"
)

var (
	descStake     = describe("machine", "stake_udbc", "The machine's stake.")
	descRequired  = describe("machine", "stake_required_udbc", "The stake that the machine needs; below nine tenths of it, it takes no new rental.")
	descEarned    = describe("machine", "earned_udbc", "Rent that the machine earned so far, of rentals that the chain still knows.")
	descClaimed   = describe("machine", "claimed_udbc", "What of it was paid out.")
	descUnclaimed = describe("machine", "unclaimed_udbc", "What of it can be claimed, or is paid when its rental is settled.")
	descBooks     = describe("machine", "books_last_timestamp_seconds", "When the machine's stake and earnings were read from the chain.")
)

// moneyOf exports the machine's stake and earnings.
type moneyOf struct{ sums func() books.Sums }

// Describe sends every description.
func (moneyOf) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descStake, descRequired, descEarned, descClaimed, descUnclaimed, descBooks} {
		to <- d
	}
}

// Collect sends the values, none before they were read.
func (m moneyOf) Collect(to chan<- prometheus.Metric) {
	s := m.sums()
	if s.Read.IsZero() {
		return
	}
	gauge := func(d *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	gauge(descStake, float64(s.Stake))
	gauge(descRequired, float64(s.Required))
	gauge(descEarned, float64(s.Earned))
	gauge(descClaimed, float64(s.Claimed))
	gauge(descUnclaimed, float64(s.Unclaimed))
	gauge(descBooks, float64(s.Read.Unix()))
}
