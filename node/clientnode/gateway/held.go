package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"

	"github.com/dbc-network/dbc/node/budget"
)

// What a client node buffers for its callers and for machines, in bytes.
const (
	// heldBodies is for requests that are being read, heldBodiesOf for those of
	// one address.
	heldBodies   = 32 << 20
	heldBodiesOf = 16 << 20
	// heldExchanges is for requests that wait for machines, heldExchangesOf for
	// those that wait for one machine. It counts the body and an exchange's
	// other costs: the start of the answer, streams and stacks.
	heldExchanges   = 64 << 20
	heldExchangesOf = 16 << 20
	exchangeCost    = 128 << 10
	// heldSockets and heldSocketsOf are the same for WebSockets. They have a
	// budget of their own because they stay open for long and must not take the
	// places of a machine's calls.
	heldSockets   = 32 << 20
	heldSocketsOf = 16 << 20
	socketCost    = 128 << 10
)

// maxConns is the number of connections to the API. Beyond it, idle ones of
// whoever has the most are closed.
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

// pool is the budget of requests to machines. One caller's address may use half
// of it, and half of each machine's share. Callers on this computer have no
// such limit: they are the owner's own programs or come through a proxy that
// can tell its clients apart.
type pool struct{ machines, callers, both *budget.Budget }

func newPool(total, machine int64) pool {
	return pool{machines: budget.New(total, machine), callers: budget.New(total, total/2), both: budget.New(total, machine/2)}
}

// lease starts empty leases for one request to a machine.
func (p pool) lease(machineID, remote string) leases {
	list := leases{p.machines.Lease(machineID)}
	source := budget.Source(remote)
	if addr, err := netip.ParseAddr(source); err == nil && addr.IsLoopback() {
		return list
	}
	return append(list, p.callers.Lease(source), p.both.Lease(machineID+" "+source))
}

// leases are acquired together. If one fails, the caller has to release them.
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

// rewind resets the request to the body that was read, for a handler.
func rewind(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}
