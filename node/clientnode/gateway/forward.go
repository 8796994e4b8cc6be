package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/p2p"
	"github.com/dbc-network/dbc/node/register"
)

const (
	// forwardLimit bounds one exchange. The machine's own limit is shorter.
	forwardLimit = 50 * time.Second
	// maxStale is how many connections to one machine can die at once: QUIC
	// connections, one for each of a few addresses. TCP connections end with
	// the machine's process.
	maxStale = 4
)

func noRoute(r *http.Request) error {
	return &api.Refusal{Kind: httpapi.ErrPath, Field: "path", Value: r.Method + " " + r.URL.Path, Limit: "POST /api/v1/…"}
}

// machines lists the known machines if the request names none.
func (g *Gateway) machines(w http.ResponseWriter, r *http.Request) {
	g.named(w, r, func(list []string, body []byte) {
		if len(list) > 0 {
			g.pass(w, r, list, body)
			return
		}
		known, err := g.deps.Known(r.Context())
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		g.write(w, r, api.Nodes{MiningNodes: known})
	})
}

// forward passes a request to the machine that its body names.
func (g *Gateway) forward(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		g.refuse(w, r, noRoute(r))
		return
	}
	g.named(w, r, func(list []string, body []byte) { g.pass(w, r, list, body) })
}

// named reads a body and the only field of it that a gateway uses; the machine
// reads all of it.
func (g *Gateway) named(w http.ResponseWriter, r *http.Request, then func(list []string, body []byte)) {
	body, err := httpapi.ReadBody(w, r, g.held.bodies)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	defer body.Release()
	list, err := namedIn(body.Bytes)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	then(list, body.Bytes)
}

func (g *Gateway) pass(w http.ResponseWriter, r *http.Request, list []string, body []byte) {
	machineID, err := g.oneMachine(r, "peer_nodes_list", list)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	lease := g.held.exchanges.lease(machineID, r.RemoteAddr)
	defer lease.release()
	if err := lease.take(exchangeCost + int64(len(body))); err != nil {
		g.refuse(w, r, fmt.Errorf("pass the request on: %w", err))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), forwardLimit)
	defer cancel()
	target, err := machineURL(machineID, r)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	out, err := http.NewRequestWithContext(ctx, r.Method, "http://"+machineID, bytes.NewReader(body))
	if err != nil {
		g.refuse(w, r, fmt.Errorf("pass the request on: %w", err))
		return
	}
	out.URL = target
	for _, name := range []string{"Content-Type", auth.HeaderName, api.HeaderHeight} {
		if values := r.Header.Values(name); len(values) > 0 {
			out.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	res, lost, err := g.ask(out)
	if err != nil && lost != nil {
		// Whatever the last attempt met, an earlier one may have reached the
		// machine.
		err = fmt.Errorf("the machine may have accepted the request, then %v: %w", err, lost) //nolint:errorlint // lost decides
	}
	if err != nil {
		g.refuse(w, r, fmt.Errorf("pass the request on: %w", err))
		return
	}
	defer func() { _ = res.Body.Close() }()
	g.answer(w, r, res, statuses, lost)
}

// ask repeats a request that was sent on a connection which its machine no
// longer knows, as after a kill of the machine's node. Only exactly signed
// requests are repeated, because the machine accepts them only once. lost is
// why the answer before the last one was lost.
func (g *Gateway) ask(out *http.Request) (res *http.Response, lost, err error) {
	for left := maxStale; ; left-- {
		res, err = g.deps.Machines.RoundTrip(out)
		if left == 0 || !errors.Is(err, net.ErrClosed) || out.Header.Get(auth.HeaderName) == "" {
			return res, lost, err
		}
		lost = err
		body, err := out.GetBody()
		if err != nil {
			return nil, lost, err
		}
		out = out.Clone(out.Context())
		out.Body = body
	}
}

// machineURL keeps the path and query unchanged, because they are signed.
func machineURL(machineID string, r *http.Request) (*url.URL, error) {
	target := *r.URL
	target.Scheme, target.Host, target.User = "http", machineID, nil
	if target.RequestURI() != r.RequestURI {
		return nil, &api.Refusal{
			Kind: httpapi.ErrBody, Field: "path", Value: r.RequestURI, Limit: "a path and query in their usual form",
		}
	}
	return &target, nil
}

// oneMachine returns the machine that a request names, provided the chain has
// it.
func (g *Gateway) oneMachine(r *http.Request, field string, list []string) (string, error) {
	if len(list) != 1 {
		return "", &api.Refusal{
			Kind: httpapi.ErrBody, Field: field, Value: fmt.Sprintf("%d machines", len(list)), Limit: "the id of one machine",
			Remedy: "send the request once for each machine",
		}
	}
	if _, err := p2p.PeerID(list[0]); err != nil {
		return "", &api.Refusal{Kind: err, Field: field, Value: fmt.Sprintf("%.80s", list[0]), Limit: "64 lower-case hex digits"}
	}
	switch err := g.deps.Bonded(r.Context(), list[0]); {
	case errors.Is(err, register.ErrNoMachine):
		return "", &api.Refusal{Kind: register.ErrNoMachine, Field: field, Value: list[0], Limit: "a machine that is bonded on this node's chain"}
	case err != nil:
		return "", fmt.Errorf("look the machine up: %w", err)
	}
	return list[0], nil
}

func namedIn(body []byte) (list []string, err error) {
	var req struct {
		PeerNodesList []string `json:"peer_nodes_list"`
	}
	if err := api.Lenient(body, &req); err != nil {
		return nil, httpapi.BadBody(err)
	}
	return req.PeerNodesList, nil
}
