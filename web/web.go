// Package web is the web app of a client node: the files that make web builds
// from src, and the handler that serves them under a strict policy.
package web

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/dbc-network/dbc/web/asset"
)

//go:embed all:dist placeholder
var files embed.FS

// Policy is the Content-Security-Policy of every page: code, connections,
// pictures and fonts from this node alone. The wallet's key derivation is WASM;
// the console's terminal makes style elements (docs/adr/0007).
const Policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; style-src-elem 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// headers of every answer.
var headers = map[string]string{
	"Content-Security-Policy":      Policy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

const index = "index.html"

// Handler serves the app, or a page that says it was not built. Paths that are
// no file are the app's own, for who asks for a page; others are not found.
func Handler() (http.Handler, error) {
	root, err := fs.Sub(files, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the web app: %w", err)
	}
	if _, err := fs.Stat(root, index); errors.Is(err, fs.ErrNotExist) {
		if root, err = fs.Sub(files, "placeholder"); err != nil {
			return nil, fmt.Errorf("open the web app's placeholder: %w", err)
		}
	}
	return newHandler(root)
}

func newHandler(root fs.FS) (http.Handler, error) {
	assets, err := asset.Load(root)
	if err != nil {
		return nil, err
	}
	if assets[index] == nil {
		return nil, fmt.Errorf("read the web app: no %s", index)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, "/")
		a, found := assets[name]
		if !found {
			if !WantsPage(r) || strings.HasPrefix(name, asset.Hashed) {
				http.NotFound(w, r)
				return
			}
			a = assets[index]
		}
		a.ServeHTTP(w, r)
	}), nil
}

// WantsPage tells a browser that opens an address from a program that asks.
func WantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && strings.Contains(r.Header.Get("Accept"), "text/html")
}
