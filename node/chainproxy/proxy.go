// Package chainproxy lets web apps reach the node's own dbcd through the node:
// CometBFT's RPC and the REST of the queries, each by a list of what may be
// asked, and the original system's rent_orders, answered from the chain.
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

	"github.com/dbc-network/dbc/node/budget"
	"github.com/dbc-network/dbc/node/envelope"
)

// The proxied routes begin with these.
const (
	PathRPC  = "/chain/rpc"
	PathREST = "/chain/rest"
)

const (
	// maxBody of a request, in bytes: a transaction is at most a tenth of it.
	maxBody = 1 << 20
	// maxReply of the dbcd, in bytes; a longer one is cut, which breaks its JSON.
	maxReply = 32 << 20
	// callLimit bounds one call, calls how many run at once, callsOf those of one address.
	callLimit = 20 * time.Second
	calls     = 64
	callsOf   = calls / 2
)

// NewPlaces are the calls to the chain that may run at once, for all handlers of a node.
func NewPlaces() *budget.Places { return budget.NewPlaces(calls, callsOf) }

// passed are the request's headers that the dbcd sees; no cookie and no credential is among them.
var passed = []string{"Accept", "Content-Type", "X-Cosmos-Block-Height"}

// returned are the reply's headers that the caller sees. Who may read it from
// another origin is the node's to say, not the dbcd's.
var returned = []string{"Content-Type", "Grpc-Metadata-X-Cosmos-Block-Height", "X-Cosmos-Block-Height"}

// check judges a request and gives what the dbcd is asked instead.
type check func(r *http.Request, body []byte) (asked, error)

// asked is a request to the dbcd, made of what was understood.
type asked struct {
	path  string
	query url.Values
	body  []byte
}

// newProxy gives a handler that asks to for what check lets through.
func newProxy(to *url.URL, places *budget.Places, may check, log *slog.Logger) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { rewrite(p, to) },
		ModifyResponse: trim,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Debug("the chain's node did not answer", slog.Any("error", err))
			envelope.Refuse(w, away(r.Context(), err))
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), callLimit)
		defer cancel()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			envelope.Refuse(w, tooLong(err))
			return
		}
		a, err := may(r, body)
		if err != nil {
			envelope.Refuse(w, err)
			return
		}
		leave, err := places.Enter(ctx, budget.Source(r.RemoteAddr))
		if err != nil {
			envelope.Refuse(w, away(ctx, err))
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
		return &envelope.Refusal{
			Status: http.StatusGatewayTimeout, ErrCode: -32700, Code: "TIMEOUT", Limit: callLimit.String(),
			Message: "the chain's node did not answer in time: " + err.Error(),
		}
	}
	return &envelope.Refusal{
		Status: http.StatusBadGateway, ErrCode: -15, Code: "CHAIN_UNREACHABLE",
		Message: "the chain's node of this client node can't be reached; ask again, or start it",
	}
}

func tooLong(err error) error {
	return &envelope.Refusal{
		Status: http.StatusBadRequest, ErrCode: -32600, Code: "BAD_REQUEST", Field: "body",
		Limit: fmt.Sprintf("at most %d bytes", maxBody), Message: "bad request body: " + err.Error(),
	}
}

func refuse(field, value, limit string) error {
	r := envelope.BadValue(field, value, limit)
	r.Status, r.Code = http.StatusForbidden, "CHAIN_ROUTE_REFUSED"
	return r
}
