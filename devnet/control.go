package devnet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// A fake devnet takes orders on a unix socket of mode 0600, in a folder of mode 0700: its
// user's alone. Nothing of it is on a port, and no real node has it.

const (
	pathFaults = "/faults"
	pathStop   = "/stop"
	// maxOrder bounds an order in bytes.
	maxOrder = 4096
	// orderLimit bounds the time of one: a compute node has to start again.
	orderLimit = time.Minute
)

// FaultState is a fault and whether it is in force.
type FaultState struct {
	Fault   Fault  `json:"fault"`
	Ordered bool   `json:"ordered"`
	About   string `json:"about"`
}

type faultOrder struct {
	Fault Fault `json:"fault"`
	Clear bool  `json:"clear"`
}

func (n *Network) listenControl(ctx context.Context) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", n.info.Control)
	if err != nil {
		return fmt.Errorf("listen for orders: %w", err)
	}
	if err := os.Chmod(n.info.Control, 0o600); err != nil {
		return errors.Join(fmt.Errorf("protect the socket for orders: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathFaults, n.showFaults)
	mux.HandleFunc("POST "+pathFaults, n.takeOrder)
	mux.HandleFunc("POST "+pathStop, func(http.ResponseWriter, *http.Request) { n.end(nil) })
	n.control = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = n.control.Serve(listener) }() // Close ends it
	return nil
}

func (n *Network) showFaults(w http.ResponseWriter, _ *http.Request) {
	list := make([]FaultState, 0, len(Faults))
	for _, f := range Faults {
		list = append(list, FaultState{Fault: f, Ordered: n.isOrdered(f), About: f.About()})
	}
	_ = json.NewEncoder(w).Encode(list)
}

func (n *Network) takeOrder(w http.ResponseWriter, r *http.Request) {
	var order faultOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOrder)).Decode(&order); err != nil {
		http.Error(w, "an order is JSON: "+err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), orderLimit)
	defer cancel()
	err := n.set(ctx, order.Fault, !order.Clear)
	switch {
	case errors.Is(err, ErrNoFault):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// OrderFault orders a fault of a running fake devnet, or clears it.
func (i Info) OrderFault(ctx context.Context, f Fault, clear bool) error {
	return i.order(ctx, http.MethodPost, pathFaults, faultOrder{Fault: f, Clear: clear}, nil)
}

// ReadFaults returns all faults of a running fake devnet.
func (i Info) ReadFaults(ctx context.Context) (list []FaultState, err error) {
	return list, i.order(ctx, http.MethodGet, pathFaults, nil, &list)
}

// order asks the process of a fake devnet.
func (i Info) order(ctx context.Context, method, path string, body, reply any) error {
	if !i.Fake {
		return fmt.Errorf("%w: only dbc devnet start --fake takes faults", ErrReal)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the order: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://devnet"+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", i.Control)
	}}
	res, err := (&http.Client{Transport: transport, Timeout: orderLimit + 10*time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("order: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: %s", ErrRefused, strings.TrimSpace(string(said)))
	}
	if reply == nil {
		return nil
	}
	return json.Unmarshal(said, reply)
}
