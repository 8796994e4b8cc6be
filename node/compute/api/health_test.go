package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/dbc-network/dbc/api"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
)

// TestHealth: 200 or 503 with the same signed reply for this computer, nothing for peers.
func TestHealth(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for want, now := range map[int][]api.HealthReason{200: nil, 503: {{Code: api.HealthCheck, Params: map[string]string{"check": "iommu"}}}} {
		b.m.reasons = now
		status, reply := b.send(nil, http.MethodGet, api.PathHealth, "", nil)
		var health api.Health
		if err := json.Unmarshal(reply.Message, &health); err != nil {
			t.Fatal(err)
		}
		if status != want || health.Healthy != (want == 200) || len(health.Reasons) != len(now) || health.Role != "mining" {
			t.Errorf("HTTP %d: %s", status, reply.Message)
		}
		w := httptest.NewRecorder()
		nodeapi.ForPeers(b.h).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+api.PathHealth, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("a peer: HTTP %d %s", w.Code, w.Body)
		}
	}
}
