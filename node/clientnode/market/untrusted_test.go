package market_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/api/untrusted"
	"github.com/dbc-network/dbc/node/httpapi"
)

// TestHostsText: what a host wrote into its listing is cleaned by the client node that
// sends it on, whatever the chain took.
func TestHostsText(t *testing.T) {
	t.Parallel()
	bad := "RTX\u202e 4090\u200b\x1b[2J" + strings.Repeat("é", 1000)
	w := httptest.NewRecorder()
	httpapi.Write(w, api.SearchResult{
		Machines: []api.Machine{{
			ID: "ab", CPUModel: bad, City: bad, Country: bad, Operators: []string{bad, bad}, Slots: []api.Slot{{GPUType: bad}},
		}},
		ByGPUType: []api.GPUTypeCount{{GPUType: bad}},
	})
	text := w.Body.String()
	if len(text) > 8<<10 || !strings.Contains(text, `"gpu_type":"RTX� 4090��[2J`) {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	for _, r := range text {
		if untrusted.Unseen(r) || strings.Contains(text, `\u`) {
			t.Fatalf("%U is in %s", r, text)
		}
	}
}
