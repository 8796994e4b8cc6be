package exporter

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dbc-network/dbc/node/p2p"
)

// Peers is a node in the peer-to-peer network; *p2p.Host is one.
type Peers interface {
	Peers() int
	Connections() []p2p.Connections
	Closed() uint64
}

var _ Peers = (*p2p.Host)(nil)

var (
	descPeers       = describe("p2p", "peers", "Connected nodes.")
	descConnections = describe("p2p", "connections", "Connections to nodes by who opened them (in, out) and by their way: direct or relayed.", "direction", "path")
	descClosed      = describe("p2p", "strangers_closed_total", "Connections and exchanges of strangers that were closed to make room.")
)

// P2P exports a node's peers.
func P2P(peers Peers) prometheus.Collector { return peersOf{peers} }

type peersOf struct{ peers Peers }

// Describe sends every description.
func (peersOf) Describe(to chan<- *prometheus.Desc) {
	to <- descPeers
	to <- descConnections
	to <- descClosed
}

// Collect sends the values.
func (p peersOf) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(descPeers, prometheus.GaugeValue, float64(p.peers.Peers()))
	for _, c := range p.peers.Connections() {
		to <- prometheus.MustNewConstMetric(descConnections, prometheus.GaugeValue, float64(c.Count), c.Direction, c.Path)
	}
	to <- prometheus.MustNewConstMetric(descClosed, prometheus.CounterValue, float64(p.peers.Closed()))
}
