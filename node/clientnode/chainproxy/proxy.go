// Package chainproxy gives web apps access to the node's own dbcd: CometBFT's
// RPC and the REST queries, each restricted to a list of allowed calls, and the
// original API's rent_orders, answered from the chain.
package chainproxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/httpapi"
)

// Prefixes of the proxied routes.
const (
	PathRPC  = "/chain/rpc"
	PathREST = "/chain/rest"
)

const (
	// maxBody bounds a request in bytes. A transaction is at most a tenth of
	// it.
	maxBody = 1 << 20
	// maxReply bounds the dbcd's reply in bytes. A longer one is truncated,
	// which makes its JSON invalid.
	maxReply = 32 << 20
	// callLimit bounds one call, calls the number of concurrent calls, callsOf
	// those from one address.
	callLimit = 20 * time.Second
	calls     = 64
	callsOf   = calls / 2
)

// NewPlaces returns the limit of concurrent calls to the chain, which all
// handlers of a node share.
func NewPlaces() *budget.Places { return budget.NewPlaces(calls, callsOf) }

// passed are the request headers that are forwarded to the dbcd. Cookies and
// credentials are not among them.
var passed = []string{"Accept", "Content-Type", "X-Cosmos-Block-Height"}

// returned are the reply headers that are forwarded to the caller. Who may read
// the reply from another origin is decided by the node, not by the dbcd.
var returned = []string{"Content-Type", "Grpc-Metadata-X-Cosmos-Block-Height", "X-Cosmos-Block-Height"}

// check validates a request and returns the request to send to the dbcd
// instead.
type check func(r *http.Request, body []byte) (asked, error)

// asked is a request to the dbcd, built from what was parsed.
type asked struct {
	path  string
	query url.Values
	body  []byte
}

// newProxy returns a handler that forwards what check permits.
func newProxy(to *url.URL, places *budget.Places, may check, log *slog.Logger) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { rewrite(p, to) },
		ModifyResponse: trim,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Debug("the chain's node did not answer", slog.Any("error", err))
			httpapi.Refuse(w, away(r.Context(), err))
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), callLimit)
		defer cancel()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			httpapi.Refuse(w, tooLong(err))
			return
		}
		a, err := may(r, body)
		if err != nil {
			httpapi.Refuse(w, err)
			return
		}
		leave, err := places.Enter(ctx, budget.Source(r.RemoteAddr))
		if err != nil {
			httpapi.Refuse(w, away(ctx, err))
			return
		}
		defer leave()
		proxy.ServeHTTP(w, r.WithContext(context.WithValue(ctx, askedKey{}, a)))
	})
}

type askedKey struct{}

func rewrite(p *httputil.ProxyRequest, to *url.URL) {
	a, _ := p.In.Context().Value(askedKey{}).(asked)
	p.Out.URL = &url.URL{
		Scheme: to.Scheme, Host: to.Host, Path: strings.TrimSuffix(to.Path, "/") + a.path, RawQuery: a.query.Encode(),
	}
	p.Out.Host = ""
	header := http.Header{"User-Agent": {""}}
	for _, name := range passed {
		if v := p.In.Header.Get(name); v != "" {
			header.Set(name, v)
		}
	}
	p.Out.Header = header
	p.Out.Body = io.NopCloser(bytes.NewReader(a.body))
	p.Out.ContentLength = int64(len(a.body))
	p.Out.TransferEncoding = nil
}

func trim(res *http.Response) error {
	header := http.Header{"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"}}
	for _, name := range returned {
		if v := res.Header.Get(name); v != "" {
			header.Set(name, v)
		}
	}
	if res.ContentLength > maxReply {
		return fmt.Errorf("the reply has %d bytes", res.ContentLength)
	}
	res.Header = header
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxReply), res.Body}
	return nil
}

func away(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &api.Refusal{
			Code: api.Timeout, Limit: callLimit.String(),
			Message: "the chain's node did not answer in time: " + err.Error(),
		}
	}
	return &api.Refusal{
		Code:    api.ChainUnreachable,
		Message: "the chain's node of this client node can't be reached; ask again, or start it",
	}
}

func tooLong(err error) error {
	return &api.Refusal{
		Code: api.BadRequest, Field: "body",
		Limit: fmt.Sprintf("at most %d bytes", maxBody), Message: "bad request body: " + err.Error(),
	}
}

func refuse(field, value, limit string) error {
	r := httpapi.BadValue(field, value, limit)
	r.Code = api.ChainRouteRefused
	return r
}
