package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/rental"
)

// TestCrowdedRoutesSayWhen refuses each route of a machine with each code of 429 and 503,
// and looks for Retry-After.
func TestCrowdedRoutesSayWhen(t *testing.T) {
	t.Parallel()
	b, refused := newBench(t), 0
	for _, m := range api.Meanings() {
		if m.Status != http.StatusTooManyRequests && m.Status != http.StatusServiceUnavailable {
			continue
		}
		b.m.refuse = &api.Refusal{Code: m.Code, Message: "x"}
		b.m.unreadable = b.m.refuse
		for _, route := range api.Routes() {
			if route.By == api.ByClientNode || route.Stream {
				continue // the first are the client node's, and a stream's token comes by a POST
			}
			path := strings.NewReplacer("{id}", sampleID, "{$}", "").Replace(route.Path)
			additional := route.Example
			if additional == "" || strings.Contains(additional, "{{") {
				additional = "{}"
			}
			w := b.record(route.Method, path, additional)
			if w.Code != m.Status {
				continue // another refusal came first, or nothing behind the API was asked
			}
			refused++
			if after, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || after <= 0 {
				t.Errorf("%s %s: Retry-After %q", route.Name, m.Code, w.Header().Get("Retry-After"))
			}
		}
	}
	if refused < 20 {
		t.Errorf("only %d requests were refused so", refused)
	}
}

// record sends a request, a POST as alice, and returns the answer with its headers.
func (b *bench) record(method, path, additional string) (w *httptest.ResponseRecorder) {
	b.t.Helper()
	body := fmt.Sprintf(`{"peer_nodes_list":[%q],"additional":%s}`, b.k.MachineID(), additional)
	by := alice
	if method == http.MethodGet {
		body, by = "", nil
	}
	keep := b.h
	w = httptest.NewRecorder()
	b.h = http.HandlerFunc(func(other http.ResponseWriter, r *http.Request) {
		keep.ServeHTTP(w, r)
		for name, values := range w.Header() {
			other.Header()[name] = values
		}
		other.WriteHeader(w.Code)
		_, _ = other.Write(w.Body.Bytes())
	})
	defer func() { b.h = keep }()
	if path == api.PathOpenAPI {
		r := httptest.NewRequest(method, path, nil)
		r.Host = "127.0.0.1:5060"
		keep.ServeHTTP(w, r)
		return w
	}
	b.send(by, method, path, body, nil)
	return w
}

// TestMachineBehindItsCaller verifies that a caller who has seen a later block hears that
// the machine is behind, and never that there is no rental.
func TestMachineBehindItsCaller(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by         bool // alice, who has rental 7
		additional string
		height     string
		// later is what the machine believes when it is asked again.
		later  int64
		status int
		code   api.Code
	}{
		"no block":                           {status: 403, code: api.NoRental},
		"the machine's block":                {height: "42", status: 403, code: api.NoRental},
		"a later block":                      {height: "43", status: 503, code: api.ChainBehind},
		"a later block, which comes":         {height: "43", later: 43, status: 403, code: api.NoRental},
		"no number":                          {height: "-1", status: 400, code: api.BadValue},
		"a renter with a later block":        {by: true, height: "50", status: 200},
		"a renter's rental of a later block": {by: true, additional: `{"rent_order":"8"}`, height: "50", status: 503, code: api.ChainBehind},
		"a rental that is not the renter's":  {by: true, additional: `{"rent_order":"8"}`, height: "42", status: 400, code: api.BadValue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, by := newBench(t), bob
			if c.by {
				by = alice
			}
			if c.later != 0 {
				b.m.later = &trust.Word{Height: c.later, Time: now, Open: map[uint64]trust.Rental{}}
			}
			path, additional := api.PathTasks, "{}"
			if c.additional != "" {
				path, additional = api.PathTaskStart, c.additional
			}
			status, reply := b.ask(by, path, additional, func(r *http.Request) {
				if c.height != "" {
					r.Header.Set(api.HeaderHeight, c.height)
				}
			})
			if status != c.status || reply.Code != c.code {
				t.Fatalf("%d %s: %s", status, reply.Code, reply.Message)
			}
			if c.code == api.ChainBehind && (reply.Retry != api.RetryLater || reply.Params["wanted"] != c.height || reply.Params["height"] != "42") {
				t.Errorf("%+v", reply)
			}
		})
	}
}

// TestRentalOfTheNextBlock verifies that the block in which a rental begins is enough for
// the machine to know it.
func TestRentalOfTheNextBlock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := trust.Rental{ID: 9, Renter: bob.Address(), Slots: []uint32{1}, State: rental.StateTrial, Start: now, End: now}
	b.m.later = &trust.Word{Height: 43, Time: now, Open: map[uint64]trust.Rental{9: r}}
	if status, reply := b.ask(bob, api.PathTasks, "{}", func(r *http.Request) { r.Header.Set(api.HeaderHeight, "43") }); status != http.StatusOK {
		t.Errorf("%d %s: %s", status, reply.Code, reply.Message)
	}
}

// TestRootSaysWhatTheNodeCan verifies version and features of /.
func TestRootSaysWhatTheNodeCan(t *testing.T) {
	t.Parallel()
	_, reply := newBench(t).send(nil, http.MethodGet, "/", "", nil)
	var root api.Root
	if err := json.Unmarshal(reply.Message, &root); err != nil || root.APIVersion != api.Version || len(root.Features) != len(api.MachineFeatures) {
		t.Errorf("%s: %v", reply.Message, err)
	}
}
