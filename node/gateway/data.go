package gateway

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/host"
)

// Whatever is below these paths is data, also where a machine or the chain's
// node wrote it: it never becomes a document, code or a cookie of this origin,
// which is the wallet's.
const (
	pathAPI   = "/api"
	pathChain = "/chain"
)

// ErrFetch means: a browser wants data for something else than a page's own code.
var ErrFetch = errors.New("only a page's own code may ask for this")

// dataHeaders are of every answer below the data paths. Should a browser come to
// show one as a document all the same, it is one without an origin or scripts.
var dataHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'; sandbox",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

// kept are the other headers that leave the node on such an answer.
var kept = []string{
	"Content-Length", "Date", "Retry-After", "Vary", "Dbc-Machine", "Dbc-Sign", "X-Cosmos-Block-Height", "Grpc-Metadata-X-Cosmos-Block-Height",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers",
	"Access-Control-Max-Age",
}

// below reports whether a path is one of the data paths, or under it.
func below(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func isData(r *http.Request) bool { return below(r.URL.Path, pathAPI) || below(r.URL.Path, pathChain) }

// checkFetch refuses what a browser asks for data for: to show it, to run it, to
// make it a service worker, and, from another site, anything without an Origin
// that was allowed. Programs send none of these headers.
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
				return &host.Refusal{Kind: ErrFetch, Field: rule.header, Value: value, Limit: "fetch or WebSocket of a page's code"}
			}
		}
	}
	for _, value := range r.Header.Values("Sec-Fetch-Site") {
		// Guard has checked an Origin that is there.
		if value != "same-origin" && value != "none" && r.Header.Get("Origin") == "" {
			return &host.Refusal{Kind: api.ErrForbiddenOrigin, Field: "Sec-Fetch-Site", Value: value, Limit: "pages of this node"}
		}
	}
	return nil
}

// isExtension reports whether an Origin is a browser extension's own, as of a
// wallet, which may ask the chain. No page can have such an origin. The browser
// lets the extension read the answer only if its user gave it the permission, for
// no header of the answer says that it may.
func isExtension(origin string) bool {
	scheme, id, found := strings.Cut(origin, "://")
	return found && id != "" && slices.Contains([]string{"chrome-extension", "moz-extension", "safari-web-extension"}, scheme)
}

// sealed is a response of which only data leaves the node.
type sealed struct {
	http.ResponseWriter
	request *http.Request
	wrote   bool
	// mute: the status was none that may leave.
	mute bool
}

// WriteHeader keeps the headers that are allowed. Informational answers go
// nowhere, and redirects and the like become an error of this node's.
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
	h.Set("Content-Type", kind)
	for name, value := range dataHeaders {
		h.Set(name, value)
	}
	s.ResponseWriter.WriteHeader(status)
	if s.mute {
		_, _ = s.ResponseWriter.Write([]byte(`{"errcode":-3,"code":"GATEWAY","message":"an answer that is none was not passed on"}`))
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

// end answers where nobody did, and leaves no trailer.
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

// dataType is JSON or bytes: no other type is data to a browser.
func dataType(said string) string {
	if kind, _, err := mime.ParseMediaType(said); err == nil && kind == "application/json" {
		return kind
	}
	return "application/octet-stream"
}
