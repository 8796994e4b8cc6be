package testnet_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/clientnode"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/test/testnet"
)

// TestStallIsReported pauses two validators of four: a client node of a third
// says so by code, with height, age and usual interval, as soon as twelve seconds
// brought no block, and that it is over when they go on. Of a dbcd that is itself
// paused it says that it doesn't answer.
func TestStallIsReported(t *testing.T) {
	m := newMarket(t, testnet.Config{})
	m.moreBlocks(0, 5)
	status := clientNode(t, m)
	require.Nil(t, m.problem(status, func(p *api.Problem) bool { return p == nil }))

	m.pause(2, 3)
	stalled := m.problem(status, func(p *api.Problem) bool { return p != nil })
	require.Equal(t, api.ProblemStalled, stalled.Code)
	require.Equal(t, m.height(0), stalled.Height)
	require.GreaterOrEqual(t, stalled.AgeSeconds, int64(12))
	require.LessOrEqual(t, stalled.AgeSeconds, int64(16))
	require.Greater(t, stalled.IntervalMillis, int64(200))
	require.Less(t, stalled.IntervalMillis, int64(3000))
	m.resume(2, 3)
	m.problem(status, func(p *api.Problem) bool { return p == nil })

	m.pause(0)
	away := m.problem(status, func(p *api.Problem) bool { return p != nil })
	require.Equal(t, api.ProblemUnreachable, away.Code)
	require.GreaterOrEqual(t, away.Height, stalled.Height)
	m.resume(0)
	m.problem(status, func(p *api.Problem) bool { return p == nil })
}

func (m *market) pause(validators ...int) {
	m.t.Helper()
	for _, i := range validators {
		require.NoError(m.t, m.Validators[i].Pause())
		m.t.Cleanup(func() { require.NoError(m.t, m.Validators[i].Resume()) })
	}
}

func (m *market) resume(validators ...int) {
	m.t.Helper()
	for _, i := range validators {
		require.NoError(m.t, m.Validators[i].Resume())
	}
}

// problem asks the node until what it says of the chain is as wanted.
func (m *market) problem(url string, wanted func(*api.Problem) bool) *api.Problem {
	m.t.Helper()
	for {
		req, err := http.NewRequestWithContext(m.ctx(), http.MethodGet, url, nil)
		require.NoError(m.t, err)
		res, err := http.DefaultClient.Do(req)
		require.NoError(m.t, err)
		var reply struct {
			Message api.ClientRoot `json:"message"`
		}
		require.NoError(m.t, json.NewDecoder(res.Body).Decode(&reply))
		require.NoError(m.t, res.Body.Close())
		if said := reply.Message.Problem; wanted(said) {
			require.Equal(m.t, said == nil, reply.Message.Doubt == "")
			return said
		}
		select {
		case <-m.ctx().Done():
			m.t.Fatalf("%s says %+v", url, reply.Message)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// clientNode runs a client node of the first validator and returns its URL once
// it answers.
func clientNode(t *testing.T, m *market) string {
	t.Helper()
	home, port, v := t.TempDir(), freePort(t), m.Validators[0]
	_, err := node.Init(home, conf.RoleClient, map[string]string{
		"chain_id": testnet.ChainID, "chain_grpc": v.GRPC, "chain_rpc": v.RPC,
		"net_listen_ip": "127.0.0.1", "net_listen_port": freePort(t), "http_port": port,
	})
	require.NoError(t, err)
	cfg, err := conf.LoadClient(home)
	require.NoError(t, err)
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- clientnode.Run(ctx, cfg) }()
	t.Cleanup(func() {
		end()
		require.NoError(t, <-ended)
	})
	for {
		conn, err := new(net.Dialer).DialContext(m.ctx(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			require.NoError(t, conn.Close())
			return "http://127.0.0.1:" + port + "/"
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the client node ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }() // only its number is wanted
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
