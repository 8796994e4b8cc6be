package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/client"
)

// TestClientNode covers the client node's own routes, and calls to a machine
// through it and without it.
func TestClientNode(t *testing.T) {
	w := start(t)
	for path, want := range map[string]string{
		"/":                 "client",
		"/chain/rpc/status": w.info.ChainID,
		"/chain/rest/cosmos/base/tendermint/v1beta1/node_info": w.info.ChainID,
		"/chain/rest/dbc/machine/v1/machines":                  w.info.MachineID,
	} {
		if said := w.ask(http.MethodGet, path, ""); !strings.Contains(said, want) {
			t.Errorf("GET %s says %s", path, said)
		}
	}
	alice, _, err := w.ring.Create("alice")
	w.must(err)
	gift, err := json.Marshal(map[string]string{"address": alice.Address(), "amount": "50000000"})
	w.must(err)
	w.ask(http.MethodPost, "/api/v1/faucet", string(gift))
	if has := w.balance(alice.Address()); has != 50_000_000 {
		t.Errorf("the faucet gave %d udbc", has)
	}
	w.rent("alice", "10m")
	for _, via := range []string{w.info.Client, w.info.Node, "direct"} {
		if said := w.dbc("vm", "list", "--wallet", "alice", "--node", via, "--json"); !strings.Contains(said, `"tasks": []`) {
			t.Errorf("through %s: %s", via, said)
		}
	}
}

// ask expects a client node to answer with 200.
func (w *world) ask(method, path, body string) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.ctx, method, w.info.Client+path, strings.NewReader(body))
	w.must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	w.must(err)
	if response.StatusCode != http.StatusOK {
		w.t.Errorf("%s %s: %s: %s", method, path, response.Status, client.Printable(string(text)))
	}
	return string(text)
}
