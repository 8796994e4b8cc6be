package api

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// TestReleaseLeavesNoBody: a refusal that waits for its turn must not keep the body whose
// bytes others may use again, neither as it came nor decoded.
func TestReleaseLeavesNoBody(t *testing.T) {
	t.Parallel()
	text := `{"additional":{"desc":"` + strings.Repeat("x", 1<<20-4096) + `"}}`
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	pool := budget.NewBytes(8<<20, 8<<20)
	held, err := httpapi.ReadBody(w, r, pool)
	if err != nil {
		t.Fatal(err)
	}
	c := &call{http: r, body: held.Bytes, held: held, proof: &auth.Proof{Body: held.Bytes}}
	if c.request, err = decodeRequest(c.body); err != nil {
		t.Fatal(err)
	}
	body, additional := weak.Make(&c.body[0]), weak.Make(&c.request.Additional[0])
	c.release()
	runtime.GC()
	if body.Value() != nil || additional.Value() != nil || pool.Used() != 0 {
		t.Errorf("still there: body %t, decoded %t; %d bytes count as used", body.Value() != nil, additional.Value() != nil, pool.Used())
	}
	runtime.KeepAlive(c)
}
