package chainproxy

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	// maxOrders per answer, as in the original API.
	maxOrders = 50
	// maxOrderBody in bytes.
	maxOrderBody = 64 << 10
	orderLimit   = 10 * time.Second
	// waits is how many requests may wait for a change of a rental, waitsOf how many of
	// one address.
	waits   = 256
	waitsOf = 32
)

// Orders is the part of the chain that rent_orders needs.
type Orders interface {
	Rental(ctx context.Context, id uint64) (rental.Rental, error)
	RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error)
	Machine(ctx context.Context, id string) (machine.Listing, error)
}

var _ Orders = (*chain.Client)(nil)

// waiting queries the chain once it has got a place.
type waiting struct {
	Orders
	places *budget.Places
	source string
}

// Rental implements Orders.
func (o waiting) Rental(ctx context.Context, id uint64) (one rental.Rental, err error) {
	leave, err := o.places.Enter(ctx, o.source)
	if err != nil {
		return one, err
	}
	defer leave()
	return o.Orders.Rental(ctx, id)
}

// RentalsByMachine implements Orders.
func (o waiting) RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error) {
	leave, err := o.places.Enter(ctx, o.source)
	if err != nil {
		return nil, err
	}
	defer leave()
	return o.Orders.RentalsByMachine(ctx, req)
}

// Machine implements Orders.
func (o waiting) Machine(ctx context.Context, id string) (l machine.Listing, err error) {
	leave, err := o.places.Enter(ctx, o.source)
	if err != nil {
		return l, err
	}
	defer leave()
	return o.Orders.Machine(ctx, id)
}

var machineID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// RentOrders serves api.PathRentOrders and api.PathRentOrders/<id>: by POST with
// peer_nodes_list, as in the original API, or by GET with an id. changed returns a channel
// that is closed after a block; nil means that nobody can wait for a change.
func RentOrders(c Orders, places *budget.Places, changed func() <-chan struct{}, log *slog.Logger) http.Handler {
	patience := budget.NewPlaces(waits, waitsOf)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		source := budget.Source(r.RemoteAddr)
		asked, err := parseOrders(w, r)
		var orders []api.RentOrder
		if err == nil {
			orders, err = asked.answer(r.Context(), waiting{c, places, source}, changed, func(ctx context.Context) (func(), error) {
				return patience.Enter(ctx, source)
			})
		}
		if err == nil {
			httpapi.Write(w, api.RentOrderList{RentOrders: orders})
			return
		}
		if !httpapi.Refuse(w, err) {
			log.Error("rent_orders failed", slog.Any("error", err))
		}
	})
}

// orderRequest is the original body. Only the first machine is used.
type orderRequest struct {
	api.Caller
	PeerNodesList []string        `json:"peer_nodes_list"`
	Additional    json.RawMessage `json:"additional"`
}

// ordersAsked is what a request asks for.
type ordersAsked struct {
	// id is of one rental, else 0; machineID is "" where the list is empty.
	id        uint64
	machineID string
	// revision and seconds are what a caller waits for, and for how long at most.
	revision string
	seconds  uint64
}

func parseOrders(w http.ResponseWriter, r *http.Request) (asked ordersAsked, err error) {
	id := strings.Trim(strings.TrimPrefix(r.URL.Path, api.PathRentOrders), "/")
	var req orderRequest
	if r.Method == http.MethodPost {
		if err := httpapi.Read(w, r, maxOrderBody, &req); err != nil {
			return asked, err
		}
	} else if err := httpapi.Method(r, http.MethodGet); err != nil {
		return asked, err
	}
	q, most := r.URL.Query(), uint64(api.MaxWait/time.Second)
	asked.revision = q.Get("revision")
	if text := q.Get("wait"); text != "" {
		if asked.seconds, err = strconv.ParseUint(text, 10, 16); err != nil || asked.seconds > most {
			return asked, httpapi.BadValue("wait", text, "seconds, 0 to "+strconv.FormatUint(most, 10))
		}
	}
	switch {
	case id != "":
		if asked.id, err = strconv.ParseUint(id, 10, 64); err != nil || asked.id == 0 {
			return asked, httpapi.BadValue("id", id, "the number of a rental")
		}
	case r.Method == http.MethodPost && len(req.PeerNodesList) == 0: // of no machine
	case len(req.PeerNodesList) == 0 || !machineID.MatchString(req.PeerNodesList[0]):
		return asked, httpapi.BadValue("peer_nodes_list", strings.Join(req.PeerNodesList, ","), "a list with a machine's id, or a rental's id in the path")
	default:
		asked.machineID = req.PeerNodesList[0]
	}
	return asked, nil
}

// answer returns at once or, if one rental has the revision that the caller knows, when it
// has another one or the time is over.
func (a ordersAsked) answer(
	ctx context.Context, c Orders, changed func() <-chan struct{}, enter func(ctx context.Context) (func(), error),
) ([]api.RentOrder, error) {
	patience := time.Duration(a.seconds) * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience+orderLimit)
	defer cancel()
	timer, begun := time.NewTimer(patience), time.Now()
	defer timer.Stop()
	for over := a.seconds == 0 || a.id == 0 || a.revision == "" || changed == nil; ; {
		var next <-chan struct{}
		if !over {
			next = changed()
		}
		orders, err := a.read(ctx, c)
		if err != nil {
			return nil, refusal(ctx, err)
		}
		if over || orders[0].Revision != a.revision {
			return orders, nil
		}
		waits, stop := context.WithTimeout(ctx, time.Until(begun.Add(patience)))
		leave, err := enter(waits)
		stop()
		if err != nil { // no place to wait in until the time was over
			return orders, nil
		}
		select {
		case <-next:
		case <-timer.C:
			over = true
		case <-ctx.Done():
			over = true
		}
		leave()
	}
}

func (a ordersAsked) read(ctx context.Context, c Orders) ([]api.RentOrder, error) {
	if a.id != 0 {
		one, err := c.Rental(ctx, a.id)
		if err != nil {
			return nil, err
		}
		return toOrders(ctx, c, one.MachineId, []rental.Rental{one})
	}
	if a.machineID == "" {
		return []api.RentOrder{}, nil
	}
	res, err := c.RentalsByMachine(ctx, rental.QueryRentalsByMachineRequest{
		MachineId: a.machineID, Pagination: &query.PageRequest{Limit: maxOrders},
	})
	if err != nil {
		return nil, err
	}
	return toOrders(ctx, c, a.machineID, res.Rentals)
}

func toOrders(ctx context.Context, c Orders, machineID string, rentals []rental.Rental) ([]api.RentOrder, error) {
	listing, err := c.Machine(ctx, machineID)
	if err != nil {
		return nil, err
	}
	orders := make([]api.RentOrder, len(rentals))
	for i, r := range rentals {
		gpus := gpuIndex(listing.Machine.Facts.Slots, r.Slots)
		orders[i] = api.RentOrder{
			ID: strconv.FormatUint(r.Id, 10), Renter: r.Renter, RentEnd: r.End.Unix(), RentStatus: status(r.State),
			GPUNums: uint32(len(gpus)), GPUIndex: gpus, Revision: api.Revision(r),
		}
	}
	return orders, nil
}

func gpuIndex(slots []machine.Slot, rented []uint32) []uint32 {
	gpus, first := []uint32{}, uint32(0)
	for i, slot := range slots {
		for _, n := range rented {
			if n == uint32(i) {
				for gpu := range slot.GpuCount {
					gpus = append(gpus, first+gpu)
				}
			}
		}
		first += slot.GpuCount
	}
	return gpus
}

func status(state rental.RentalState) string {
	switch state {
	case rental.RENTAL_STATE_TRIAL:
		return "waitingVerifying"
	case rental.RENTAL_STATE_ACTIVE:
		return "renting"
	}
	return "rentExpired"
}

func refusal(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, chain.ErrNotFound):
		return &api.Refusal{Code: api.RentOrderNotFound, Message: err.Error()}
	case errors.Is(err, chain.ErrUnreachable), ctx.Err() != nil:
		return away(ctx, err)
	}
	return err
}
