package gateway

import (
	"bytes"
	"io"
	"net/http"

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
	exchanges, sockets *budget.Budget
}

func newHeld() held {
	return held{
		bodies:    budget.NewBytes(heldBodies, heldBodiesOf),
		exchanges: budget.New(heldExchanges, heldExchangesOf),
		sockets:   budget.New(heldSockets, heldSocketsOf),
	}
}

// rewind gives a handler the body that was read.
func rewind(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
}
