package gateway

import (
	"errors"
	"net/http"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/node/register"
)

// codes are a client node's own; the first that fits counts.
var codes = httpapi.Codes{
	{ErrFetch, api.FetchRefused},
	{ErrUpgrade, api.UpgradeWanted},
	{p2p.ErrMachineID, api.BadRequest},
	{register.ErrNoMachine, api.NoMachine},
	{register.ErrAsked, api.TooManyRequests},
	{ErrAnswer, api.BadGateway},
}

// answerTo returns the answer that refuses a request with err.
func answerTo(err error) httpapi.Answer {
	unreachable := new(p2p.UnreachableError)
	switch {
	case !errors.As(err, &unreachable):
	case len(unreachable.Others) > 0:
		err = &api.Refusal{Code: api.AnotherNode, Message: err.Error(), Field: "peer_id", Value: unreachable.Others[0]}
	case unreachable.Timeout:
		err = &api.Refusal{Code: api.Timeout, Message: err.Error()}
	default:
		err = &api.Refusal{Code: api.Unreachable, Message: err.Error()}
	}
	a, foreseen := codes.Refusal(err, api.FaultNode)
	if !foreseen {
		a, _ = codes.Refusal(&api.Refusal{Code: api.BadGateway, Message: err.Error()}, api.FaultNode)
	}
	return a
}

// refuse answers with an error of this node itself, which no machine signed.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	g.deps.Log.Debug("a request was not passed on", "path", r.URL.Path, "error", err)
	g.send(w, r, answerTo(err))
}

// write answers with a result of this node itself.
func (g *Gateway) write(w http.ResponseWriter, r *http.Request, message any) {
	a, err := httpapi.OK(message)
	if err != nil {
		g.deps.Log.Error("an answer could not be encoded", "error", err)
		a = answerTo(err)
	}
	g.send(w, r, a)
}

func (g *Gateway) send(w http.ResponseWriter, r *http.Request, a httpapi.Answer) {
	g.headers(w, r)
	a.Send(w)
}

// headers sets the headers of every answer that is not a WebSocket.
func (g *Gateway) headers(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	g.share(w, r)
}

// share lets the requesting page read the answer, if it is allowed to.
func (g *Gateway) share(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if r.Header.Get("Origin") != "" && g.cfg.Guard.OriginAllowed(r) {
		h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		h.Add("Vary", "Origin")
		h.Set("Access-Control-Expose-Headers", exposed)
	}
}
