package main

import (
	"context"
	"testing"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/dbc-network/dbc/app/census"
	"github.com/dbc-network/dbc/test/reference"
	machinekeeper "github.com/dbc-network/dbc/x/machine/keeper"
	rentalkeeper "github.com/dbc-network/dbc/x/rental/keeper"
)

// oneBlock is a chain that has begun.
type oneBlock struct{}

func (oneBlock) Height() int64 { return 1 }
func (oneBlock) LoadBlockMeta(int64) *cmttypes.BlockMeta {
	return &cmttypes.BlockMeta{Header: cmttypes.Header{Time: time.Now()}}
}

// empty is a state without machines and rentals.
type empty struct{}

func (empty) CreateQueryContext(int64, bool) (sdk.Context, error) {
	return sdk.NewContext(nil, cmtproto.Header{Height: 1}, false, log.NewNopLogger()), nil
}

type noMachines struct{}

func (noMachines) Census(context.Context) (machinekeeper.Census, error) {
	return machinekeeper.Census{}, nil
}

type noRentals struct{}

func (noRentals) Census(context.Context) (rentalkeeper.Census, error) {
	return rentalkeeper.Census{}, nil
}

// counted is an application whose state is counted.
type counted struct {
	servertypes.Application
	counts *census.Census
}

func (c counted) Census() *census.Census { return c.counts }

// TestMetricsPageIsCurrent: the page has what a daemon adds to CometBFT's metrics; make
// reference writes it.
func TestMetricsPageIsCurrent(t *testing.T) {
	counts := census.New(census.Deps{
		State: empty{}, Machines: noMachines{}, Rentals: noRentals{}, Escrow: func(context.Context) uint64 { return 0 }, Log: log.NewNopLogger(),
	})
	_, err := counts.Take(t.Context())
	require.NoError(t, err)
	config := cometConfig()
	config.Instrumentation.Prometheus = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	registry := prometheus.NewRegistry()
	require.NoError(t, daemon{svrCtx: &server.Context{Config: config}, app: counted{counts: counts}}.observe(ctx, oneBlock{}, registry))
	reference.Metrics(t, "dbcd", registry)
}
