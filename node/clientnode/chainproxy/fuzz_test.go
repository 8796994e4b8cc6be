package chainproxy

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
)

// FuzzRentOrders verifies that every path and body gets a list or a refusal in
// the API's format.
func FuzzRentOrders(f *testing.F) {
	f.Add("/7", `{}`)
	f.Add("", `{"peer_nodes_list":["`+theMachine+`"],"additional":{}}`)
	f.Add("/../7", `[]`)
	f.Fuzz(func(t *testing.T, path, body string) {
		r := httptest.NewRequest("POST", api.PathRentOrders, strings.NewReader(body))
		r.URL = &url.URL{Path: api.PathRentOrders + path}
		w := httptest.NewRecorder()
		RentOrders(book{}, NewPlaces(), nil, quiet()).ServeHTTP(w, r)
		var answer struct {
			ErrCode int             `json:"errcode"`
			Message json.RawMessage `json:"message"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code >= 500 || (w.Code == 200) != (answer.ErrCode == 0) {
			t.Errorf("%q with %q: %d %s", path, body, w.Code, w.Body)
		}
	})
}
