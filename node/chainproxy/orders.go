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

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/envelope"
	"github.com/dbc-network/dbc/x/machine"
	"github.com/dbc-network/dbc/x/rental"
)

// PathOrders lists a machine's rentals; an id may follow after a slash.
const PathOrders = "/api/v1/rent_orders"

const (
	// maxOrders of one answer, as the original has it.
	maxOrders = 50
	// maxOrderBody in bytes.
	maxOrderBody = 64 << 10
	orderLimit   = 10 * time.Second
)

// Orders is what rent_orders needs of the chain.
type Orders interface {
	Rental(ctx context.Context, id uint64) (rental.Rental, error)
	RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error)
	Machine(ctx context.Context, id string) (machine.Listing, error)
}

var _ Orders = (*chain.Client)(nil)

// waiting asks the chain from one of the places.
type waiting struct {
	Orders
	places *budget.Places
	source string
}

// Rental is Orders.
func (o waiting) Rental(ctx context.Context, id uint64) (one rental.Rental, err error) {
	leave, err := o.places.Enter(ctx, o.source)
	if err != nil {
		return one, err
	}
	defer leave()
	return o.Orders.Rental(ctx, id)
}

// RentalsByMachine is Orders.
func (o waiting) RentalsByMachine(ctx context.Context, req rental.QueryRentalsByMachineRequest) (*rental.QueryRentalsByMachineResponse, error) {
	leave, err := o.places.Enter(ctx, o.source)
	if err != nil {
		return nil, err
	}
	defer leave()
	return o.Orders.RentalsByMachine(ctx, req)
}

// Machine is Orders.
func (o waiting) Machine(ctx context.Context, id string) (l machine.Listing, err error) {
	leave, err := o.places.Enter(ctx, o.source)
	if err != nil {
		return l, err
	}
	defer leave()
	return o.Orders.Machine(ctx, id)
}

// RentOrder is a rental in the original system's words.
type RentOrder struct {
	ID     string `json:"id"`
	Renter string `json:"renter"`
	// RentEnd is unix seconds.
	RentEnd int64 `json:"rent_end"`
	// RentStatus is waitingVerifying in the trial, renting, or rentExpired.
	RentStatus string `json:"rent_status"`
	GPUNums    uint32 `json:"gpu_nums"`
	// GPUIndex counts the machine's GPUs from 0 in the order of its slots.
	GPUIndex []uint32 `json:"gpu_index"`
}

// OrderList is the reply of PathOrders.
type OrderList struct {
	RentOrders []RentOrder `json:"rent_orders"`
}

var machineID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// RentOrders answers PathOrders and PathOrders/<id>, by POST with
// peer_nodes_list as the original does, or by GET with an id.
func RentOrders(c Orders, places *budget.Places, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), orderLimit)
		defer cancel()
		orders, err := rentOrders(ctx, w, r, waiting{c, places, budget.Source(r.RemoteAddr)})
		if err == nil {
			envelope.Write(w, OrderList{orders})
			return
		}
		if !envelope.Refuse(w, refusal(ctx, err)) {
			log.Error("rent_orders failed", slog.Any("error", err))
		}
	})
}

// orderRequest is the original's body; only the first machine counts.
type orderRequest struct {
	envelope.Caller
	PeerNodesList []string        `json:"peer_nodes_list"`
	Additional    json.RawMessage `json:"additional"`
}

func rentOrders(ctx context.Context, w http.ResponseWriter, r *http.Request, c Orders) ([]RentOrder, error) {
	id := strings.Trim(strings.TrimPrefix(r.URL.Path, PathOrders), "/")
	var req orderRequest
	if r.Method == http.MethodPost {
		if err := envelope.Read(w, r, maxOrderBody, &req); err != nil {
			return nil, err
		}
	} else if err := envelope.Method(r, http.MethodGet); err != nil {
		return nil, err
	}
	if id != "" {
		n, err := strconv.ParseUint(id, 10, 64)
		if err != nil || n == 0 {
			return nil, envelope.BadValue("id", id, "the number of a rental")
		}
		one, err := c.Rental(ctx, n)
		if err != nil {
			return nil, err
		}
		return tell(ctx, c, one.MachineId, []rental.Rental{one})
	}
	if r.Method == http.MethodPost && len(req.PeerNodesList) == 0 {
		return []RentOrder{}, nil // of no machine
	}
	if len(req.PeerNodesList) == 0 || !machineID.MatchString(req.PeerNodesList[0]) {
		return nil, envelope.BadValue("peer_nodes_list", strings.Join(req.PeerNodesList, ","), "a list with a machine's id, or a rental's id in the path")
	}
	res, err := c.RentalsByMachine(ctx, rental.QueryRentalsByMachineRequest{
		MachineId: req.PeerNodesList[0], Pagination: &query.PageRequest{Limit: maxOrders},
	})
	if err != nil {
		return nil, err
	}
	return tell(ctx, c, req.PeerNodesList[0], res.Rentals)
}

func tell(ctx context.Context, c Orders, machineID string, rentals []rental.Rental) ([]RentOrder, error) {
	listing, err := c.Machine(ctx, machineID)
	if err != nil {
		return nil, err
	}
	orders := make([]RentOrder, len(rentals))
	for i, r := range rentals {
		gpus := gpuIndex(listing.Machine.Facts.Slots, r.Slots)
		orders[i] = RentOrder{
			ID: strconv.FormatUint(r.Id, 10), Renter: r.Renter, RentEnd: r.End.Unix(), RentStatus: status(r.State),
			GPUNums: uint32(len(gpus)), GPUIndex: gpus,
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
		return &envelope.Refusal{Status: http.StatusNotFound, ErrCode: -8, Code: "RENT_ORDER_NOT_FOUND", Message: err.Error()}
	case errors.Is(err, chain.ErrUnreachable), ctx.Err() != nil:
		return away(ctx, err)
	}
	return err
}
