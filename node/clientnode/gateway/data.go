package gateway

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/httpapi"
)

// Everything below these paths is data, including what a machine or the chain's
// node wrote: it never becomes a document, code or a cookie of this origin,
// which is the wallet's.
const (
	pathAPI   = "/api"
	pathChain = "/chain"
	// pathDocs has the documentation, whose pages have no origin.
	pathDocs = "/docs"
)

// ErrFetch means that a browser requested data for another purpose than a
// page's own code.
var ErrFetch = errors.New("only a page's own code may request this")

// dataHeaders are set on every answer below the data paths. If a browser should
// still display one as a document, the document has no origin and no scripts.
var dataHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; sandbox",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// kept are the other headers that such an answer may have.
var kept = []string{
	"Content-Length", "Date", "Retry-After", "Vary", "Dbc-Machine", "Dbc-Sign", "X-Cosmos-Block-Height", "Grpc-Metadata-X-Cosmos-Block-Height",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",
	"Access-Control-Max-Age",
}

// below reports whether path is root or below it.
func below(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

func isData(r *http.Request) bool { return below(r.URL.Path, pathAPI) || below(r.URL.Path, pathChain) }

// checkFetch refuses requests in which a browser wants to display data, run it,
// or make it a service worker, and any request from another site without an
// allowed Origin. Programs send none of these headers.
func checkFetch(r *http.Request) error {
	for _, rule := range []struct {
		header string
		fits   []string
	}{
		{"Service-Worker", nil},
		{"Sec-Fetch-Dest", []string{"empty", "websocket"}},
		{"Sec-Fetch-Mode", []string{"cors", "same-origin", "websocket"}},
	} {
		for _, value := range r.Header.Values(rule.header) {
			if !slices.Contains(rule.fits, value) {
				return &api.Refusal{Kind: ErrFetch, Field: rule.header, Value: value, Limit: "fetch or WebSocket of a page's code"}
			}
		}
	}
	for _, value := range r.Header.Values("Sec-Fetch-Site") {
		// Guard has checked the Origin if there is one.
		if value != "same-origin" && value != "none" && r.Header.Get("Origin") == "" {
			return &api.Refusal{Kind: httpapi.ErrForbiddenOrigin, Field: "Sec-Fetch-Site", Value: value, Limit: "pages of this node"}
		}
	}
	return nil
}

// isExtension reports whether an Origin is that of a browser extension, such as
// a wallet, which may query the chain. No page can have such an origin. The
// browser lets the extension read the answer only if its user granted that
// permission, because no header of the answer grants it.
func isExtension(origin string) bool {
	scheme, id, found := strings.Cut(origin, "://")
	return found && id != "" && slices.Contains([]string{"chrome-extension", "moz-extension", "safari-web-extension"}, scheme)
}

// sealed is a response writer that lets only data leave the node.
type sealed struct {
	http.ResponseWriter
	request *http.Request
	wrote   bool
	// mute is set if the status may not leave the node.
	mute bool
}

// WriteHeader keeps the allowed headers. It drops informational responses and
// turns redirects and the like into an error of this node.
func (s *sealed) WriteHeader(status int) {
	if s.wrote || status < http.StatusOK && status != http.StatusSwitchingProtocols {
		return
	}
	s.wrote = true
	h := s.Header()
	if status == http.StatusSwitchingProtocols && opened(s.request, h) {
		keepOnly(h, opening)
		s.ResponseWriter.WriteHeader(status)
		return
	}
	kind := dataType(h.Get("Content-Type"))
	s.mute = status != http.StatusOK && status != http.StatusNoContent && (status < 400 || status > 599)
	if s.mute {
		status, kind = http.StatusBadGateway, "application/json"
		h.Del("Content-Length")
	}
	keepOnly(h, kept)
	if (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && h.Get("Retry-After") == "" {
		h.Set("Retry-After", "1") // whoever answered, such as the chain's node, did not say
	}
	h.Set("Content-Type", kind)
	for name, value := range dataHeaders {
		h.Set(name, value)
	}
	s.ResponseWriter.WriteHeader(status)
	if s.mute {
		_, _ = s.ResponseWriter.Write([]byte(`{"errcode":-3,"code":"GATEWAY","message":"an invalid answer was not passed on"}`))
	}
}

// Write writes the header first.
func (s *sealed) Write(p []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	if s.mute {
		return len(p), nil
	}
	return s.ResponseWriter.Write(p)
}

// end answers if the handler did not, and removes trailers.
func (s *sealed) end() {
	s.WriteHeader(http.StatusOK)
	keepOnly(s.Header(), kept)
}

// Unwrap lets http.ResponseController hijack for WebSockets.
func (s *sealed) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func keepOnly(h http.Header, names []string) {
	for name := range h {
		if !slices.Contains(names, name) {
			delete(h, name)
		}
	}
}

// dataType returns the type for JSON or for bytes: browsers treat no other type
// as data.
func dataType(said string) string {
	if kind, _, err := mime.ParseMediaType(said); err == nil && kind == "application/json" {
		return kind
	}
	return "application/octet-stream"
}
