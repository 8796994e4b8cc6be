package chainproxy

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// methods of CometBFT's RPC that are permitted: what wallets and explorers
// need. Peers, the consensus state, the content of the mempool and everything
// unsafe stay private to the dbcd.
var methods = []string{
	"abci_info", "abci_query", "block", "block_by_hash", "block_results", "block_search", "blockchain",
	"broadcast_tx_async", "broadcast_tx_sync", "commit", "consensus_params", "genesis_chunked", "header",
	"header_by_hash", "health", "num_unconfirmed_txs", "status", "tx", "tx_search", "validators",
}

// maxBatch bounds the number of calls in one JSON-RPC batch.
const maxBatch = 20

// RPC proxies CometBFT's RPC below PathRPC: JSON-RPC by POST, and by GET with
// the method as path. Subscriptions need a WebSocket; see Sockets.
func RPC(to *url.URL, places *budget.Places, log *slog.Logger) http.Handler {
	return newProxy(to, places, checkRPC, log)
}

type rpcCall struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params,omitempty"`
}

func checkRPC(r *http.Request, body []byte) (asked, error) {
	path := strings.TrimPrefix(r.URL.Path, PathRPC)
	switch r.Method {
	case http.MethodGet:
		method := strings.TrimPrefix(path, "/")
		if err := mayCall(method); err != nil {
			return asked{}, err
		}
		return asked{path: "/" + method, query: r.URL.Query()}, nil
	case http.MethodPost:
		if path != "" && path != "/" {
			return asked{}, refuse("path", r.URL.Path, PathRPC)
		}
		body, err := checkCalls(body)
		// Encode what was parsed again, so that the dbcd cannot read it
		// differently.
		return asked{path: "/", body: body}, err
	}
	return asked{}, httpapi.Method(r, http.MethodPost)
}

func checkCalls(body []byte) ([]byte, error) {
	batch := bytes.HasPrefix(bytes.TrimSpace(body), []byte("["))
	var list []rpcCall
	var err error
	if batch {
		err = json.Unmarshal(body, &list)
	} else {
		list = make([]rpcCall, 1)
		err = json.Unmarshal(body, &list[0])
	}
	if err != nil || len(list) == 0 || len(list) > maxBatch {
		return nil, httpapi.BadValue("body", string(body), "one JSON-RPC call or 1 to 20 in a list")
	}
	for _, call := range list {
		if err := mayCall(call.Method); err != nil {
			return nil, err
		}
	}
	if batch {
		return json.Marshal(list)
	}
	return json.Marshal(list[0])
}

func mayCall(method string) error {
	if slices.Contains(methods, method) {
		return nil
	}
	return refuse("method", method, "one of "+strings.Join(methods, ", "))
}
