package app_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// value returns a metric of the census, such as `dbc_market_rentals{state="trial"}`.
func value(t *testing.T, registry *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, m := range family.Metric {
			if family.GetName() == name && (len(labels) == 0 || m.Label[0].GetValue() == labels[0]) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("no %s %v", name, labels)
	return 0
}

// TestCensus compares the counts with a life of rentals, one of which breaks, and a halt.
func TestCensus(t *testing.T) {
	t.Parallel()
	c, n := market(t)
	counter, registry := c.app.Census(), prometheus.NewRegistry()
	registry.MustRegister(counter)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	count := func() {
		t.Helper()
		_, err := counter.Take(t.Context())
		require.NoError(t, err)
		require.InDelta(t, c.height, value(t, registry, "dbc_census_height"), 0)
	}
	is := func(want uint64, name string, labels ...string) {
		t.Helper()
		require.InDelta(t, float64(want), value(t, registry, name, labels...), 0, "%s %v", name, labels)
	}
	c.ok("alice", c.rent("alice", n, 1))
	c.ok("bob", c.rent("bob", n, 2))
	count()
	is(1, "dbc_market_machines", "online")
	is(0, "dbc_market_machines", "retired")
	is(3, "dbc_market_slots")
	is(3, "dbc_market_slots_rented")
	is(2, "dbc_market_rentals", "trial")
	is(c.moduleHolds(rental.ModuleName), "dbc_market_escrow_udbc")
	is(stakeOf, "dbc_market_stake_udbc")

	c.ok("alice", &rental.MsgConfirmRent{Renter: c.address("alice"), RentId: 1})
	c.ok("bob", &machine.MsgChallenge{Challenger: c.address("bob"), MachineId: n.id})
	count()
	is(1, "dbc_market_rentals", "active")
	is(1, "dbc_market_challenges")
	is(c.moduleHolds(machine.ModuleName)-stakeOf, "dbc_market_challenge_deposits_udbc")

	c.block(24 * time.Hour) // nothing happens to what a halt covers, except that ends pass
	count()
	is(1, "dbc_market_halts")
	is(24*3600, "dbc_market_halted_seconds")
	is(0, "dbc_market_due", "ends")
	is(0, "dbc_market_parked_rentals")
	is(0, "dbc_market_failed", "rentals")
	problems, err = testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// TestCensusBeforeTheFirstBlock: there is nothing to count, and that is no failure.
func TestCensusBeforeTheFirstBlock(t *testing.T) {
	t.Parallel()
	counter, registry := newApp(t).Census(), prometheus.NewRegistry()
	registry.MustRegister(counter)
	_, err := counter.Take(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 0, value(t, registry, "dbc_census_failures_total"), 0)
}

// TestCensusChangesNoBlock: two chains from one genesis take the same blocks; one is counted
// and scraped meanwhile, without rest. Their hashes stay the same.
func TestCensusChangesNoBlock(t *testing.T) {
	t.Parallel()
	counted, plain := newChain(t), newChain(t)
	counter, registry := counted.app.Census(), prometheus.NewRegistry()
	registry.MustRegister(counter)
	ctx, cancel := context.WithCancel(t.Context())
	var counting sync.WaitGroup
	counting.Go(func() {
		for ctx.Err() == nil {
			_, failed := counter.Take(ctx)
			_, err := registry.Gather()
			if err = errors.Join(failed, err); err != nil {
				t.Error(err)
			}
		}
	})
	n := newNode(1)
	messages := []struct {
		from string
		msg  sdk.Msg
	}{{"owner", n.bond(plain)}, {"operator", n.online(plain)}, {"alice", plain.rent("alice", n, 1)}, {"bob", plain.rent("bob", n, 2)}}
	for _, m := range messages {
		same(t, counted, plain, time.Second, plain.sign(m.from, m.msg, 0))
	}
	for range 60 { // over the ends of both trials and of both rentals
		same(t, counted, plain, 5*time.Minute)
	}
	cancel()
	counting.Wait()
	require.Positive(t, value(t, registry, "dbc_census_height"))
}

// same puts a block on both chains and compares everything that enters consensus.
func same(t *testing.T, a, b *chain, after time.Duration, txs ...[]byte) {
	t.Helper()
	var replies []*abci.ResponseFinalizeBlock
	for _, c := range []*chain{a, b} {
		c.height++
		c.now = c.now.Add(after)
		reply, err := c.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: c.height, Time: c.now, Txs: txs})
		require.NoError(t, err)
		_, err = c.app.Commit()
		require.NoError(t, err)
		replies = append(replies, reply)
	}
	for _, result := range replies[0].TxResults {
		require.Zero(t, result.Code, result.Log)
	}
	require.Equal(t, replies[1], replies[0])
}

// BenchmarkCensus counts a machine with 64 rentals, and scrapes: a scrape reads no state,
// however much there is.
func BenchmarkCensus(b *testing.B) {
	c, _ := crowdedMarket(b)
	counter, registry := c.app.Census(), prometheus.NewRegistry()
	registry.MustRegister(counter)
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c.block(time.Second)
			b.StartTimer()
			_, err := counter.Take(b.Context())
			require.NoError(b, err)
		}
	})
	b.Run("scrape", func(b *testing.B) {
		for b.Loop() {
			_, err := registry.Gather()
			require.NoError(b, err)
		}
	})
}
