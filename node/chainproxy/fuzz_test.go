package chainproxy

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRentOrders: every path and body gets a list or a refusal in this API's form.
func FuzzRentOrders(f *testing.F) {
	f.Add("/7", `{}`)
	f.Add("", `{"peer_nodes_list":["`+theMachine+`"],"additional":{}}`)
	f.Add("/../7", `[]`)
	f.Fuzz(func(t *testing.T, path, body string) {
		r := httptest.NewRequest("POST", PathOrders, strings.NewReader(body))
		r.URL = &url.URL{Path: PathOrders + path}
		w := httptest.NewRecorder()
		RentOrders(book{}, NewPlaces(), quiet()).ServeHTTP(w, r)
		var answer struct {
			ErrCode int             `json:"errcode"`
			Message json.RawMessage `json:"message"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code >= 500 || (w.Code == 200) != (answer.ErrCode == 0) {
			t.Errorf("%q with %q: %d %s", path, body, w.Code, w.Body)
		}
	})
}
