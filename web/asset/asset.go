// Package asset serves built files from memory, for the web app and the
// documentation.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// Hashed is where Vite puts files whose names change with their content.
const Hashed = "assets/"

// File is one built file.
type File struct {
	name, kind, etag string
	body             []byte
	// zipped is made when it is first asked for, and nil where it gains nothing.
	zipped func() []byte
}

// Load reads all files below root, by their names there.
func Load(root fs.FS) (map[string]*File, error) {
	files := map[string]*File{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		files[name] = &File{
			name: name, kind: kind(name), etag: `"` + hex.EncodeToString(sum[:8]) + `"`, body: body,
			zipped: sync.OnceValue(func() []byte { return zip(body) }),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read built files: %w", err)
	}
	return files, nil
}

// kind does not ask the system's tables: they differ between computers, and
// nosniff makes a wrong answer fatal.
func kind(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	}
	if known := mime.TypeByExtension(path.Ext(name)); known != "" {
		return known
	}
	return "application/octet-stream"
}

func zip(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(body); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}

// ServeHTTP serves the file, compressed where the browser takes that.
func (f *File) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.serve(w, r, http.StatusOK) }

// ServeMissing serves the file as the page that says that there is none.
func (f *File) ServeMissing(w http.ResponseWriter, r *http.Request) {
	r = r.Clone(r.Context())
	for _, name := range []string{"If-None-Match", "If-Match", "Range"} {
		r.Header.Del(name)
	}
	f.serve(w, r, http.StatusNotFound)
}

func (f *File) serve(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Add("Vary", "Accept, Accept-Encoding")
	if strings.HasPrefix(f.name, Hashed) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	body := f.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == "" {
		if zipped := f.zipped(); zipped != nil {
			h.Set("Content-Encoding", "gzip")
			body = zipped
		}
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body)
		}
		return
	}
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}
