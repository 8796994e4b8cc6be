package chainproxy

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

type book struct{ away bool }

var theMachine = strings.Repeat("ab", 32)

func (b book) Rental(_ context.Context, id uint64) (rental.Rental, error) {
	if b.away {
		return rental.Rental{}, chain.ErrUnreachable
	}
	if id != 7 {
		return rental.Rental{}, chain.ErrNotFound
	}
	return rental.Rental{
		Id: 7, Renter: "dbc1x", MachineId: theMachine, Slots: []uint32{1}, State: rental.RENTAL_STATE_TRIAL, End: time.Unix(100, 0),
	}, nil
}

func (b book) RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error) {
	one, err := b.Rental(ctx, 7)
	if err != nil || req.Pagination.Limit != maxOrders {
		return nil, err
	}
	over := one
	over.Id, over.State = 6, rental.RENTAL_STATE_ENDED
	return &rental.QueryRentalsByMachineResponse{Rentals: []rental.Rental{one, over}}, nil
}

func (b book) Machine(_ context.Context, id string) (machine.Listing, error) {
	if id != theMachine {
		return machine.Listing{}, chain.ErrNotFound
	}
	return machine.Listing{Machine: machine.Machine{Facts: machine.Facts{
		Slots: []machine.Slot{{GpuCount: 1}, {GpuCount: 2}},
	}}}, nil
}

// moving is a book whose rental ends with the third block.
type moving struct {
	book
	blocks int
}

func (m *moving) Rental(ctx context.Context, id uint64) (rental.Rental, error) {
	r, err := m.book.Rental(ctx, id)
	if m.blocks >= 3 {
		r.State = rental.RENTAL_STATE_ENDED
	}
	return r, err
}

// TestWaitForARental verifies that a caller who knows a rental's revision is answered by
// its change, and by nothing else before the time is over.
func TestWaitForARental(t *testing.T) {
	t.Parallel()
	m := &moving{}
	handler := RentOrders(m, NewPlaces(), func() <-chan struct{} {
		m.blocks++
		c := make(chan struct{})
		close(c)
		return c
	}, quiet())
	ask := func(query string) (int, api.RentOrder) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", api.PathRentOrders+"/7"+query, nil))
		var reply struct {
			Message json.RawMessage `json:"message"`
		}
		var list api.RentOrderList
		if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
			t.Fatal(err)
		}
		if w.Code != 200 {
			return w.Code, api.RentOrder{}
		}
		if err := json.Unmarshal(reply.Message, &list); err != nil || len(list.RentOrders) != 1 {
			t.Fatalf("%s: %v", w.Body, err)
		}
		return w.Code, list.RentOrders[0]
	}
	_, first := ask("")
	if _, now := ask("?revision=" + first.Revision); now.Revision != first.Revision {
		t.Errorf("%+v", now)
	}
	if _, later := ask("?wait=20&revision=" + first.Revision); later.Revision == first.Revision || later.RentStatus != "rentExpired" || m.blocks != 3 {
		t.Errorf("%+v after %d blocks", later, m.blocks)
	}
	for _, wrong := range []string{"?wait=21", "?wait=x", "?wait=-1"} {
		if status, _ := ask(wrong); status != 400 {
			t.Errorf("%s: %d", wrong, status)
		}
	}
}

func TestRentOrders(t *testing.T) {
	t.Parallel()
	one, _ := book{}.Rental(t.Context(), 7)
	over := one
	over.Id, over.State = 6, rental.RENTAL_STATE_ENDED
	seven := `{"id":"7","renter":"dbc1x","rent_end":100,"rent_status":"waitingVerifying","gpu_nums":2,"gpu_index":[1,2],"revision":"` + api.Revision(one) + `"}`
	six := strings.NewReplacer(`"7"`, `"6"`, "waitingVerifying", "rentExpired", api.Revision(one), api.Revision(over)).Replace(seven)
	for name, c := range map[string]struct {
		method, path, body string
		book               book
		status             int
		want               string
	}{
		"one":         {"GET", api.PathRentOrders + "/7", "", book{}, 200, `{"errcode":0,"message":{"rent_orders":[` + seven + `]}}`},
		"one by post": {"POST", api.PathRentOrders + "/7", `{"peer_nodes_list":["x"],"additional":{}}`, book{}, 200, seven},
		"machine's":   {"POST", api.PathRentOrders, `{"peer_nodes_list":["` + theMachine + `"]}`, book{}, 200, `[` + seven + `,` + six + `]`},
		"none":        {"GET", api.PathRentOrders + "/8", "", book{}, 404, `"RENT_ORDER_NOT_FOUND"`},
		"no number":   {"GET", api.PathRentOrders + "/x", "", book{}, 400, `"field":"id"`},
		"no machine":  {"POST", api.PathRentOrders, `{"peer_nodes_list":[],"additional":{}}`, book{}, 200, `{"errcode":0,"message":{"rent_orders":[]}}`},
		"nothing":     {"GET", api.PathRentOrders, "", book{}, 400, `"field":"peer_nodes_list"`},
		"odd machine": {"POST", api.PathRentOrders, `{"peer_nodes_list":["../x"]}`, book{}, 400, `"field":"peer_nodes_list"`},
		"method":      {"DELETE", api.PathRentOrders + "/7", "", book{}, 400, `"BAD_METHOD"`},
		"away":        {"GET", api.PathRentOrders + "/7", "", book{away: true}, 502, `"CHAIN_UNREACHABLE"`},
	} {
		w := httptest.NewRecorder()
		RentOrders(c.book, NewPlaces(), nil, quiet()).ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestCrowdOfWaiters lets as many wait from one address, such as that of a proxy on this
// computer, as may: one more is answered when its time is over, and not refused later.
func TestCrowdOfWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		handler := RentOrders(book{}, NewPlaces(), func() <-chan struct{} { return nil }, quiet())
		one, _ := book{}.Rental(t.Context(), 7)
		ask := func(wait string) int {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest("GET", api.PathRentOrders+"/7?wait="+wait+"&revision="+api.Revision(one), nil))
			return w.Code
		}
		var others sync.WaitGroup
		for range waitsOf {
			others.Go(func() { ask("20") })
		}
		synctest.Wait()
		begun := time.Now()
		if status := ask("2"); status != 200 || time.Since(begun) > 3*time.Second {
			t.Errorf("%d after %s", status, time.Since(begun))
		}
		others.Wait()
	})
}
