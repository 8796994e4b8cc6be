package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cosmos/cosmos-sdk/version"

	"github.com/dbc-network/dbc/app/census"
)

// blocks are what a daemon knows of its newest block.
type blocks interface {
	Height() int64
	LoadBlockMeta(height int64) *cmttypes.BlockMeta
}

// observe adds this chain's metrics to CometBFT's, which serves them, and counts the state
// until ctx is done. It does nothing where config.toml turns metrics off.
func (d daemon) observe(ctx context.Context, store blocks, to prometheus.Registerer) error {
	application, ok := d.app.(interface{ Census() *census.Census })
	if !ok || !d.svrCtx.Config.Instrumentation.Prometheus {
		return nil
	}
	counts := application.Census()
	if err := errors.Join(to.Register(counts), to.Register(buildInfo()), to.Register(newHead(store))); err != nil {
		return fmt.Errorf("add metrics: %w", err)
	}
	counts.Run(ctx)
	return nil
}

func buildInfo() prometheus.Collector {
	info := version.NewInfo()
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "dbc", Name: "build_info", Help: "1, with the program and its version in labels.",
		ConstLabels: prometheus.Labels{"program": "dbcd", "version": info.Version, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
}

// head exports the newest block of a daemon.
type head struct {
	store       blocks
	height, age *prometheus.Desc
}

var _ prometheus.Collector = (*head)(nil)

func newHead(store blocks) *head {
	return &head{
		store:  store,
		height: prometheus.NewDesc("dbc_chain_height", "The height of the newest block.", nil, nil),
		age:    prometheus.NewDesc("dbc_chain_block_age_seconds", "How old that block is.", nil, nil),
	}
}

// Describe sends every description.
func (h *head) Describe(to chan<- *prometheus.Desc) { to <- h.height; to <- h.age }

// Collect sends the values; a chain without a block has no age.
func (h *head) Collect(to chan<- prometheus.Metric) {
	height := h.store.Height()
	to <- prometheus.MustNewConstMetric(h.height, prometheus.GaugeValue, float64(height))
	if meta := h.store.LoadBlockMeta(height); height > 0 && meta != nil {
		to <- prometheus.MustNewConstMetric(h.age, prometheus.GaugeValue, time.Since(meta.Header.Time).Seconds())
	}
}
