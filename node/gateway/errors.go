package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/envelope"
	"github.com/dbc-network/dbc/node/host"
	"github.com/dbc-network/dbc/node/market"
	"github.com/dbc-network/dbc/node/p2p"
)

// verdict is how a client node's own error goes over the wire.
func verdict(err error) (status, errcode int, code string) {
	unreachable := new(p2p.UnreachableError)
	switch {
	case errors.As(err, &unreachable) && unreachable.Timeout:
		return http.StatusGatewayTimeout, -32700, "TIMEOUT"
	case errors.As(err, &unreachable):
		return http.StatusBadGateway, -8, "UNREACHABLE"
	case errors.Is(err, api.ErrForbiddenHost):
		return http.StatusForbidden, -3, "HOST_REFUSED"
	case errors.Is(err, api.ErrForbiddenOrigin):
		return http.StatusForbidden, -3, "ORIGIN_REFUSED"
	case errors.Is(err, ErrFetch):
		return http.StatusForbidden, -3, "FETCH_REFUSED"
	case errors.Is(err, ErrUpgrade):
		return http.StatusBadRequest, -32600, "UPGRADE_WANTED"
	case errors.Is(err, api.ErrPath):
		return http.StatusNotFound, -32601, "NOT_FOUND"
	case errors.Is(err, api.ErrBody), errors.Is(err, budget.ErrSlow), errors.Is(err, p2p.ErrMachineID):
		return http.StatusBadRequest, -32600, "BAD_REQUEST"
	case errors.Is(err, market.ErrNoMachine):
		return http.StatusNotFound, -8, "NO_MACHINE"
	case errors.Is(err, market.ErrAsked), errors.Is(err, budget.ErrFull):
		return http.StatusTooManyRequests, -3, "TOO_MANY_REQUESTS"
	case errors.Is(err, chain.ErrUnreachable):
		return http.StatusBadGateway, -15, "CHAIN_UNREACHABLE"
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout, -32700, "TIMEOUT"
	}
	return http.StatusBadGateway, -3, "GATEWAY"
}

// refuse answers with an error of this node's own, which no machine signed.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, errcode, code := verdict(err)
	reply := api.Reply{ErrCode: errcode, Code: code}
	if refusal := new(host.Refusal); errors.As(err, &refusal) {
		reply.Field, reply.Value, reply.Limit = envelope.Clip(refusal.Field, envelope.MaxEcho), envelope.Clip(refusal.Value, envelope.MaxEcho), refusal.Limit
	}
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	g.deps.Log.Debug("a request was not passed on", "path", r.URL.Path, "error", err)
	g.write(w, r, status, reply, envelope.Clip(err.Error(), envelope.MaxMessage))
}

func (g *Gateway) write(w http.ResponseWriter, r *http.Request, status int, reply api.Reply, message any) {
	var err error
	if reply.Message, err = json.Marshal(message); err != nil {
		g.deps.Log.Error("an answer could not be encoded", "error", err)
		status, reply.Message = http.StatusBadGateway, json.RawMessage(`""`)
	}
	g.headers(w, r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(reply); err != nil {
		g.deps.Log.Debug("an answer was not taken", "error", err)
	}
}

// headers are of every answer that is not a WebSocket.
func (g *Gateway) headers(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	g.share(w, r)
}

// share lets the page that asks, where it may, read the answer.
func (g *Gateway) share(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Header.Get("Origin") != "" && g.cfg.Guard.OriginAllowed(r) {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Add("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", exposed)
	}
}
