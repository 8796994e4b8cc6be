package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6455 proves by it that the other end speaks WebSocket, nothing more
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/dbc-network/dbc/api"
)

// ErrUpgrade means that a WebSocket's route was requested without opening one.
var ErrUpgrade = errors.New("this route only opens WebSockets")

const (
	// socketSecret is the GUID of RFC 6455.
	socketSecret = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	// openLimit is how long a machine may take to open a WebSocket.
	openLimit = 20 * time.Second
)

// opening are the headers of an answer that opens a WebSocket. Extensions are
// not among them, because none was offered.
var opening = []string{"Upgrade", "Connection", "Sec-Websocket-Accept", "Sec-Websocket-Protocol", "Date"}

// acceptOf returns the required Sec-WebSocket-Accept for a key.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + socketSecret)) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// checkOpening refuses a request that does not open a WebSocket.
func checkOpening(r *http.Request) error {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-Websocket-Key"))
	switch {
	case r.Method != http.MethodGet:
		return &api.Refusal{Kind: ErrUpgrade, Field: "method", Value: r.Method, Limit: http.MethodGet}
	case !httpguts.HeaderValuesContainsToken(r.Header["Connection"], "upgrade"),
		!httpguts.HeaderValuesContainsToken(r.Header["Upgrade"], "websocket"):
		return &api.Refusal{Kind: ErrUpgrade, Field: "Upgrade", Value: r.Header.Get("Upgrade"), Limit: "websocket"}
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return &api.Refusal{Kind: ErrUpgrade, Field: "Sec-WebSocket-Version", Value: r.Header.Get("Sec-Websocket-Version"), Limit: "13"}
	case err != nil || len(key) != 16 || len(r.Header["Sec-Websocket-Key"]) != 1:
		return &api.Refusal{Kind: ErrUpgrade, Field: "Sec-WebSocket-Key", Value: r.Header.Get("Sec-Websocket-Key"), Limit: "16 bytes in Base64"}
	case r.ContentLength != 0:
		return &api.Refusal{Kind: ErrUpgrade, Field: "body", Value: "some", Limit: "no body"}
	}
	return nil
}

// opened reports whether the headers of an answer open the requested WebSocket.
// Only whoever read this request knows the value that proves it.
func opened(asked *http.Request, h http.Header) bool {
	if checkOpening(asked) != nil || len(h["Sec-Websocket-Extensions"]) > 0 || len(h["Sec-Websocket-Protocol"]) > 1 {
		return false
	}
	spoken := h.Get("Sec-Websocket-Protocol")
	return httpguts.HeaderValuesContainsToken(h["Connection"], "upgrade") &&
		strings.EqualFold(h.Get("Upgrade"), "websocket") &&
		h.Get("Sec-Websocket-Accept") == acceptOf(asked.Header.Get("Sec-Websocket-Key")) &&
		(spoken == "" || slices.Contains(protocols(asked), spoken))
}

// protocols returns those that were offered.
func protocols(r *http.Request) []string {
	var all []string
	for _, line := range r.Header["Sec-Websocket-Protocol"] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); httpguts.ValidHeaderFieldName(name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// socket forwards a WebSocket. Its opening has no body, so machine_id in the
// query names the machine, which receives nothing but what opens the WebSocket.
func (g *Gateway) socket(w http.ResponseWriter, r *http.Request, machines http.RoundTripper) {
	if err := checkOpening(r); err != nil {
		g.refuse(w, r, err)
		return
	}
	machineID, err := g.oneMachine(r, "machine_id", r.URL.Query()["machine_id"])
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	out, err := openingFor(r, machineID)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	lease := g.held.sockets.lease(machineID, r.RemoteAddr)
	defer lease.release()
	if err := lease.take(socketCost); err != nil {
		g.refuse(w, r, fmt.Errorf("open the machine's WebSocket: %w", err))
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	late := time.AfterFunc(openLimit, cancel)
	res, err := machines.RoundTrip(out.WithContext(ctx))
	if !late.Stop() && err != nil {
		err = fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	}
	if err != nil {
		g.refuse(w, r, fmt.Errorf("open the machine's WebSocket: %w", err))
		return
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusSwitchingProtocols {
		g.answer(w, r, res, refusals, nil)
		return
	}
	machine, twoWays := res.Body.(io.ReadWriteCloser)
	if !twoWays || !opened(out, res.Header) {
		g.refuse(w, r, fmt.Errorf("%w: it opens no WebSocket", ErrAnswer))
		return
	}
	g.join(w, r, machine, res.Header.Get("Sec-Websocket-Protocol"))
}

// openingFor returns the request for the WebSocket to a machine, with a key of
// this node.
func openingFor(r *http.Request, machineID string) (*http.Request, error) {
	target, err := machineURL(machineID, r)
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(r.Context(), http.MethodGet, "http://"+machineID, nil)
	if err != nil {
		return nil, fmt.Errorf("open the machine's WebSocket: %w", err)
	}
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	out.URL = target
	out.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {base64.StdEncoding.EncodeToString(key)},
	}
	if offered := protocols(r); len(offered) > 0 {
		out.Header["Sec-Websocket-Protocol"] = []string{strings.Join(offered, ", ")}
	}
	return out, nil
}

// join opens the caller's side and copies bytes until one side ends.
func (g *Gateway) join(w http.ResponseWriter, r *http.Request, machine io.ReadWriteCloser, spoken string) {
	h := w.Header()
	clear(h)
	h.Set("Connection", "Upgrade")
	h.Set("Upgrade", "websocket")
	h.Set("Sec-WebSocket-Accept", acceptOf(r.Header.Get("Sec-Websocket-Key")))
	if spoken != "" {
		h.Set("Sec-WebSocket-Protocol", spoken)
	}
	w.WriteHeader(http.StatusSwitchingProtocols)
	caller, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		g.deps.Log.Error("a WebSocket could not be passed on", "error", err)
		return
	}
	ended := make(chan error, 2)
	go func() { _, err := io.Copy(machine, buffered.Reader); ended <- err }()
	go func() { _, err := io.Copy(caller, machine); ended <- err }()
	first := <-ended
	err = errors.Join(first, caller.Close(), machine.Close(), <-ended)
	g.deps.Log.Debug("a WebSocket ended", "path", r.URL.Path, "error", err)
}
