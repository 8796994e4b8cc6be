// Package site is the documentation as a client node serves it: the files that
// make docs builds from docs, and the handler that keeps them away from the
// wallet, whose address they share.
package site

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/dbc-network/dbc/web"
	"github.com/dbc-network/dbc/web/asset"
)

//go:embed all:dist placeholder
var files embed.FS

// Path is where a client node serves the documentation.
const Path = "/docs"

// Policy is the Content-Security-Policy of every page. The sandbox gives a page
// an origin of its own: whatever its code does, it reads nothing of the wallet's
// storage and gets no answer of the node's API. Nothing comes from elsewhere,
// and no connection is made.
const Policy = "sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// headers of every answer. A page without an origin may only load what every
// page may: the documentation is public.
var headers = map[string]string{
	"Access-Control-Allow-Origin":  "*",
	"Content-Security-Policy":      Policy,
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "cross-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
}

const (
	index   = "index.html"
	missing = "404.html"
)

// Handler serves the documentation below Path, or a page that says that it was
// not built. The files are read into memory with the first request.
func Handler() (http.Handler, error) {
	root, err := fs.Sub(files, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the documentation: %w", err)
	}
	if _, err := fs.Stat(root, index); errors.Is(err, fs.ErrNotExist) {
		if root, err = fs.Sub(files, "placeholder"); err != nil {
			return nil, fmt.Errorf("open the documentation's placeholder: %w", err)
		}
	}
	return New(root), nil
}

// New serves a folder that make docs filled.
func New(root fs.FS) http.Handler {
	load := sync.OnceValues(func() (map[string]*asset.File, error) { return asset.Load(root) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		assets, err := load()
		if err != nil {
			http.Error(w, "the documentation cannot be read", http.StatusInternalServerError)
			return
		}
		serve(w, r, assets)
	})
}

// serve answers with a file, with the page of that name, or leads to it.
func serve(w http.ResponseWriter, r *http.Request, assets map[string]*asset.File) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, Path), "/")
	switch file, found := lookup(assets, name); {
	case found:
		file.ServeHTTP(w, r)
	case name != "" && assets[path.Join(name, index)] != nil:
		// Relative, and of a name that exists, so that it leads nowhere else.
		http.Redirect(w, r, Path+"/"+path.Clean(name)+"/", http.StatusMovedPermanently)
	case web.WantsPage(r) && assets[missing] != nil:
		assets[missing].ServeMissing(w, r)
	default:
		http.NotFound(w, r)
	}
}

func lookup(assets map[string]*asset.File, name string) (*asset.File, bool) {
	if name == "" || strings.HasSuffix(name, "/") {
		name += index
	}
	for _, candidate := range []string{name, name + ".html"} {
		if file, found := assets[candidate]; found {
			return file, true
		}
	}
	return nil, false
}
