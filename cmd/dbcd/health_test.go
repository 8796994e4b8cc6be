package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	cmtp2p "github.com/cometbft/cometbft/p2p"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/stretchr/testify/require"
)

type status struct {
	sync coretypes.SyncInfo
	err  error
}

func (s status) Status(context.Context) (*coretypes.ResultStatus, error) {
	return &coretypes.ResultStatus{SyncInfo: s.sync, NodeInfo: cmtp2p.DefaultNodeInfo{Network: "dbc-9"}}, s.err
}

func TestHealth(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	at := func(age time.Duration, catching bool) status {
		return status{sync: coretypes.SyncInfo{LatestBlockHeight: 7, LatestBlockTime: now.Add(-age), CatchingUp: catching}}
	}
	for name, test := range map[string]struct {
		status status
		code   int
		body   string
	}{
		"well":           {at(time.Minute, false), 200, `{"healthy":true,"reasons":[],"chain_id":"dbc-9","height":7}`},
		"stalled":        {at(time.Minute+time.Second, false), 503, `{"healthy":false,"reasons":[{"code":"CHAIN_STALLED","params":{"age_s":61,"limit_s":60}}],"chain_id":"dbc-9","height":7}`},
		"catching up":    {at(time.Hour, true), 503, `{"healthy":false,"reasons":[{"code":"CATCHING_UP","params":{"age_s":3600}}],"chain_id":"dbc-9","height":7}`},
		"no block yet":   {status{}, 503, `{"healthy":false,"reasons":[{"code":"NO_BLOCK"}],"chain_id":"dbc-9","height":0}`},
		"without comet":  {status{err: errors.New("secret path /var")}, 503, `{"healthy":false,"reasons":[{"code":"CONSENSUS_UNREACHABLE"}],"height":0}`},
		"a clock behind": {at(-time.Hour, false), 200, `{"healthy":true,"reasons":[],"chain_id":"dbc-9","height":7}`},
	} {
		w := httptest.NewRecorder()
		health(test.status, func() time.Time { return now }).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, healthPath, nil))
		require.Equal(t, test.code, w.Code, name)
		require.JSONEq(t, test.body, w.Body.String(), name)
	}
}
