package chainproxy

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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

func TestRentOrders(t *testing.T) {
	t.Parallel()
	const seven = `{"id":"7","renter":"dbc1x","rent_end":100,"rent_status":"waitingVerifying","gpu_nums":2,"gpu_index":[1,2]}`
	six := strings.NewReplacer(`"7"`, `"6"`, "waitingVerifying", "rentExpired").Replace(seven)
	for name, c := range map[string]struct {
		method, path, body string
		book               book
		status             int
		want               string
	}{
		"one":         {"GET", PathOrders + "/7", "", book{}, 200, `{"errcode":0,"message":{"rent_orders":[` + seven + `]}}`},
		"one by post": {"POST", PathOrders + "/7", `{"peer_nodes_list":["x"],"additional":{}}`, book{}, 200, seven},
		"machine's":   {"POST", PathOrders, `{"peer_nodes_list":["` + theMachine + `"]}`, book{}, 200, `[` + seven + `,` + six + `]`},
		"none":        {"GET", PathOrders + "/8", "", book{}, 404, `"RENT_ORDER_NOT_FOUND"`},
		"no number":   {"GET", PathOrders + "/x", "", book{}, 400, `"field":"id"`},
		"no machine":  {"POST", PathOrders, `{"peer_nodes_list":[],"additional":{}}`, book{}, 200, `{"errcode":0,"message":{"rent_orders":[]}}`},
		"nothing":     {"GET", PathOrders, "", book{}, 400, `"field":"peer_nodes_list"`},
		"odd machine": {"POST", PathOrders, `{"peer_nodes_list":["../x"]}`, book{}, 400, `"field":"peer_nodes_list"`},
		"method":      {"DELETE", PathOrders + "/7", "", book{}, 400, `"BAD_METHOD"`},
		"away":        {"GET", PathOrders + "/7", "", book{away: true}, 502, `"CHAIN_UNREACHABLE"`},
	} {
		w := httptest.NewRecorder()
		RentOrders(c.book, NewPlaces(), quiet()).ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
