package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dbc-network/dbc/api"
)

// stalledRPC is a dbcd whose newest block, of height 40, is from a while ago;
// before it there was one each second.
func stalledRPC(t *testing.T, age time.Duration) string {
	t.Helper()
	newest := time.Now().Add(-age).UTC()
	zero := `"` + strings.Repeat("0", 64) + `"`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var result string
		switch asked.Method {
		case "status":
			result = fmt.Sprintf(`{"node_info":{"network":"dbc-devnet-1"},"sync_info":{"latest_block_hash":%s,"latest_block_height":"40","latest_block_time":%q,
			"earliest_block_height":"1","catching_up":false}}`, zero, newest.Format(time.RFC3339Nano))
		case "blockchain":
			metas := make([]string, 20)
			for i := range metas {
				metas[i] = fmt.Sprintf(`{"header":{"height":"%d","time":%q}}`, 40-i, newest.Add(-time.Duration(i)*time.Second).Format(time.RFC3339Nano))
			}
			result = `{"last_height":"40","block_metas":[` + strings.Join(metas, ",") + `]}`
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, asked.ID, result)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestCommandsTellOfAStall in addition to their own output.
func TestCommandsTellOfAStall(t *testing.T) {
	for name, c := range map[string]struct {
		age  time.Duration
		told bool
	}{"sound": {2 * time.Second, false}, "stalled": {14 * time.Second, true}} {
		rpc := stalledRPC(t, c.age)
		for _, flags := range [][]string{nil, {"--json"}} {
			var out, errOut bytes.Buffer
			args := append([]string{"explain", "1", "--home", t.TempDir(), "--chain-id", "", "--grpc", "127.0.0.1:1", "--rpc", rpc}, flags...)
			require.Equal(t, exitUnreachable, run(t.Context(), args, strings.NewReader(""), &out, &errOut), errOut.String())
			require.Equal(t, c.told, strings.Contains(errOut.String(), "the chain makes no blocks") || strings.Contains(errOut.String(), "CHAIN_STALLED"), "%s: %s", name, errOut.String())
			if c.told && flags != nil {
				var said struct{ Problem api.Problem }
				require.NoError(t, json.NewDecoder(&errOut).Decode(&said))
				require.GreaterOrEqual(t, said.Problem.AgeSeconds, int64(14))
				said.Problem.AgeSeconds = 0
				require.Equal(t, api.Problem{Code: api.ProblemStalled, Height: 40, IntervalMillis: 1000}, said.Problem)
			}
		}
	}
}

// TestCommandsTellOfASilentChain: a dbcd that accepts connections and never
// answers is named while the command still waits, not when its time is over.
func TestCommandsTellOfASilentChain(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	for _, chainID := range []string{"", "dbc-devnet-1"} {
		ctx, stop := context.WithCancelCause(t.Context())
		told := errors.New("told")
		errOut := &noticing{want: "the chain's node does not answer", seen: func() { stop(told) }}
		args := []string{"explain", "1", "--home", t.TempDir(), "--chain-id", chainID, "--grpc", silent.Addr().String(), "--rpc", "http://" + silent.Addr().String(), "--timeout", "1m"}
		run(ctx, args, strings.NewReader(""), io.Discard, errOut)
		require.ErrorIs(t, context.Cause(ctx), told, "%s: %s", chainID, errOut.all.String())
	}
}

// noticing calls seen once the wanted text was written.
type noticing struct {
	mu   sync.Mutex
	all  bytes.Buffer
	want string
	seen func()
}

func (n *noticing) Write(text []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all.Write(text)
	if strings.Contains(n.all.String(), n.want) {
		n.seen()
	}
	return len(text), nil
}
