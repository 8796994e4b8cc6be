package testnet_test

import (
	"net/http"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/test/testnet"
)

// scrape reads a validator's metrics as Prometheus does.
func (m *market) scrape(number int) map[string]*dto.MetricFamily {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.ctx(), http.MethodGet, m.Validators[number].Metrics, nil)
	require.NoError(m.t, err)
	reply, err := http.DefaultClient.Do(req)
	require.NoError(m.t, err)
	defer func() { _ = reply.Body.Close() }()
	require.Equal(m.t, http.StatusOK, reply.StatusCode)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(reply.Body)
	require.NoError(m.t, err)
	return families
}

// TestMetrics: a daemon serves its chain's state beside CometBFT's metrics, with no label
// whose values strangers choose.
func TestMetrics(t *testing.T) {
	m := newMarket(t, testnet.Config{Validators: 1})
	before := m.moreBlocks(0, 1)
	require.NoError(t, m.Validators[0].Kill())
	require.NoError(t, m.Validators[0].Start(m.ctx())) // it counts as soon as it runs
	require.NoError(t, m.Validators[0].WaitHeight(m.ctx(), before+1))
	families := m.scrape(0)
	for families["dbc_census_height"] == nil {
		m.moreBlocks(0, 1)
		families = m.scrape(0)
	}
	for _, name := range []string{
		"dbc_build_info", "dbc_chain_height", "dbc_chain_block_age_seconds", "dbc_market_machines", "dbc_market_rentals", "dbc_market_escrow_udbc",
		"dbc_market_due", "dbc_market_parked_rentals", "dbc_market_halts", "dbc_census_failures_total", "cometbft_consensus_height", "cometbft_consensus_validators",
	} {
		require.Contains(t, families, name)
	}
	for _, family := range families {
		for _, metric := range family.Metric {
			for _, label := range metric.Label {
				require.NotRegexp(t, "dbc1|^[0-9a-f]{64}$", label.GetValue(), family.GetName())
			}
		}
	}
	for _, metric := range families["dbc_market_machines"].Metric {
		want := map[string]float64{"online": 1}[metric.Label[0].GetValue()]
		require.InDelta(t, want, metric.GetGauge().GetValue(), 0, metric.Label[0].GetValue())
	}
	require.Zero(t, families["dbc_census_failures_total"].Metric[0].GetCounter().GetValue())
}
