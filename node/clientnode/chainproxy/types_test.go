package chainproxy

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestTypes verifies that the bytes which the dbcd sends as base64 are served
// decoded, and that nothing else it says is.
func TestTypes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer string
		status int
	}{
		"types":      {`{"result":{"response":{"code":0,"value":"AAEC"}}}`, http.StatusOK},
		"a refusal":  {`{"result":{"response":{"code":6,"log":"no such query","value":null}}}`, http.StatusBadGateway},
		"no JSON":    {`<script>`, http.StatusBadGateway},
		"no answer":  {``, http.StatusBadGateway},
		"no base64":  {`{"result":{"response":{"code":0,"value":"%%"}}}`, http.StatusBadGateway},
		"an error":   {`{"error":{"code":-32603}}`, http.StatusBadGateway},
		"other JSON": {`[1]`, http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked <- r.URL.RequestURI()
				_, _ = io.WriteString(w, c.answer)
			}))
			defer server.Close()
			to, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			Types(to, NewPlaces(), quiet()).ServeHTTP(w, request(http.MethodGet, PathTypes, ""))
			if w.Code != c.status {
				t.Fatalf("HTTP %d: %s", w.Code, w.Body)
			}
			if uri := <-asked; !strings.HasPrefix(uri, "/abci_query?path=") {
				t.Errorf("asked for %s", uri)
			}
			if c.status == http.StatusOK {
				if w.Body.String() != "\x00\x01\x02" || w.Header().Get("Content-Type") != "application/octet-stream" {
					t.Errorf("%q, %v", w.Body, w.Header())
				}
				return
			}
			var said struct{ Code string }
			if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || said.Code != "CHAIN_UNREACHABLE" {
				t.Errorf("%v: %s", err, w.Body)
			}
		})
	}
}
