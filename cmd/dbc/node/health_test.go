package node

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/httpapi"
)

// TestHealth: what a node answers becomes an exit code and words.
func TestHealth(t *testing.T) {
	t.Parallel()
	answer := api.Health{Healthy: true, Reasons: []api.HealthReason{}, Role: conf.RoleClient, ChainID: "dbc-devnet-1"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != api.PathHealth {
			t.Errorf("asked for %s", r.URL.Path)
		}
		httpapi.Write(w, answer)
	}))
	home := t.TempDir()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Init(home, conf.RoleClient, map[string]string{"chain_id": "dbc-devnet-1", "http_port": port}); err != nil {
		t.Fatal(err)
	}
	run := func() (string, error) {
		var out bytes.Buffer
		cmd := New()
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		cmd.SetArgs([]string{"health", "--home", home})
		err := cmd.ExecuteContext(t.Context())
		return out.String(), err
	}
	if out, err := run(); err != nil || out != "healthy\n" {
		t.Errorf("%q, %v", out, err)
	}
	answer.Healthy = false
	answer.Reasons = []api.HealthReason{{Code: api.HealthDisk, Params: map[string]string{"free_mib": "3", "disk": "home"}}, {Code: api.HealthHelper}}
	if out, err := run(); !errors.Is(err, ErrUnhealthy) || out != "DISK_FULL disk=home free_mib=3\nHELPER_UNREACHABLE\n" {
		t.Errorf("%q, %v", out, err)
	}
	server.Close()
	if _, err := run(); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("%v", err)
	}
}
