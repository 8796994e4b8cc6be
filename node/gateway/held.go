package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"

	"github.com/dbc-network/dbc/node/budget"
)

// What a client node holds for its callers and for machines, in bytes.
const (
	// heldBodies are of requests that are being read, heldBodiesOf of one address.
	heldBodies   = 32 << 20
	heldBodiesOf = 16 << 20
	// heldExchanges wait for machines, heldExchangesOf for one of them: its body,
	// and what an exchange costs besides: the answer's start, streams and stacks.
	heldExchanges   = 64 << 20
	heldExchangesOf = 16 << 20
	exchangeCost    = 128 << 10
	// heldSockets and heldSocketsOf are the same for WebSockets, which stay open
	// long: those of one machine leave no call of it without a place.
	heldSockets   = 32 << 20
	heldSocketsOf = 16 << 20
	socketCost    = 128 << 10
)

// maxConns are the connections to the API; beyond it idle ones of whom has most go.
const maxConns = 1024

// held are the budgets of a gateway.
type held struct {
	bodies             *budget.Bytes
	exchanges, sockets pool
}

func newHeld() held {
	return held{
		bodies:    budget.NewBytes(heldBodies, heldBodiesOf),
		exchanges: newPool(heldExchanges, heldExchangesOf),
		sockets:   newPool(heldSockets, heldSocketsOf),
	}
}

// pool is what requests to machines hold. Of all of it, and of what each machine
// has, a caller's address has half. Callers of this computer have no such bound: it
// is their own, or they come through a proxy that knows them.
type pool struct{ machines, callers, both *budget.Budget }

func newPool(total, machine int64) pool {
	return pool{machines: budget.New(total, machine), callers: budget.New(total, total/2), both: budget.New(total, machine/2)}
}

// lease begins with nothing, for one request to a machine.
func (p pool) lease(machineID, remote string) leases {
	list := leases{p.machines.Lease(machineID)}
	source := budget.Source(remote)
	if addr, err := netip.ParseAddr(source); err == nil && addr.IsLoopback() {
		return list
	}
	return append(list, p.callers.Lease(source), p.both.Lease(machineID+" "+source))
}

// leases are taken from together. Who could not take releases them.
type leases []*budget.Lease

func (l leases) take(n int64) error {
	var errs []error
	for _, one := range l {
		errs = append(errs, one.Take(n))
	}
	return errors.Join(errs...)
}

func (l leases) release() {
	for _, one := range l {
		one.Release()
	}
}

// rewind gives a handler the body that was read.
func rewind(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}
