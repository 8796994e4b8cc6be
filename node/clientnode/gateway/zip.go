package gateway

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	// minZip is the length in bytes from which compressing an answer pays off.
	minZip = 1 << 10
	// maxZips is the number of answers compressed at once; others are sent
	// uncompressed. A caller that reads its answer slowly occupies a writer for
	// as long.
	maxZips = 32
)

// places are those of the answers that are being compressed.
var places = make(chan struct{}, maxZips)

// writers are reused, because each takes most of a MiB.
var writers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.DefaultCompression) // the level is valid
	return w
}}

// zipped compresses a long answer to a caller that accepts gzip. DBC-Sign
// covers the uncompressed body. If the handler panics to abort an answer, the
// compressed stream stays without its end.
type zipped struct {
	http.ResponseWriter
	// start is what was written before there was enough to decide.
	start  []byte
	status int
	// header is a copy from when the status was written, so that no trailer
	// changes it.
	header http.Header
	plain  bool
	zip    *gzip.Writer
}

var _ http.ResponseWriter = (*zipped)(nil)

// takesZip reports whether the caller accepts gzip and expects a body.
func takesZip(r *http.Request) bool {
	if r.Method == http.MethodHead || r.Header.Get("Upgrade") != "" {
		return false
	}
	for _, kind := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(kind, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(quality, " ", "") != "q=0"
		}
	}
	return false
}

// zips reports whether compressing a data type pays off. It does for both that
// exist.
func zips(kind string) bool { return kind == "application/json" || kind == "application/octet-stream" }

// WriteHeader waits for the body if that may be compressed.
func (z *zipped) WriteHeader(status int) {
	if z.status != 0 {
		return
	}
	h := z.Header()
	h.Add("Vary", "Accept-Encoding")
	z.status, z.header = status, h.Clone()
	length, err := strconv.Atoi(h.Get("Content-Length"))
	short := err == nil && length < minZip
	body := status == http.StatusOK || status >= http.StatusBadRequest
	if short || !body || !zips(h.Get("Content-Type")) || h.Get("Content-Encoding") != "" {
		z.pass()
	}
}

// Write compresses once there is enough data.
func (z *zipped) Write(p []byte) (int, error) {
	z.WriteHeader(http.StatusOK)
	switch {
	case z.plain:
		return z.ResponseWriter.Write(p)
	case z.zip != nil:
		return z.zip.Write(p)
	}
	if len(z.start)+len(p) < minZip {
		z.start = append(z.start, p...)
		return len(p), nil
	}
	select {
	case places <- struct{}{}:
	default:
		z.pass()
		return z.begin(z.ResponseWriter, p)
	}
	z.header.Del("Content-Length")
	z.header.Set("Content-Encoding", "gzip")
	z.writeHeader()
	z.zip = writers.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool has no others
	z.zip.Reset(z.ResponseWriter)
	return z.begin(z.zip, p)
}

// begin writes the buffered start, then p.
func (z *zipped) begin(to io.Writer, p []byte) (int, error) {
	start := z.start
	z.start = nil
	if _, err := to.Write(start); err != nil {
		return 0, err
	}
	return to.Write(p)
}

// pass sends the answer uncompressed.
func (z *zipped) pass() {
	z.plain = true
	z.writeHeader()
}

func (z *zipped) writeHeader() {
	h := z.Header()
	clear(h)
	maps.Copy(h, z.header)
	z.ResponseWriter.WriteHeader(z.status)
}

// free releases the place, also if the handler panicked.
func (z *zipped) free() {
	if z.zip != nil {
		z.zip = nil
		<-places
	}
}

// end writes what is left.
func (z *zipped) end() error {
	switch {
	case z.zip != nil:
		err := z.zip.Close()
		z.zip.Reset(nil)
		writers.Put(z.zip)
		return err
	case z.status != 0 && !z.plain:
		z.pass()
		_, err := z.ResponseWriter.Write(z.start)
		return err
	}
	return nil
}

// FlushError flushes an uncompressed answer. In a compressed one, a flush after
// each piece would cost what compression gains, and a flush before the first
// one would send the header too early.
func (z *zipped) FlushError() error {
	if !z.plain {
		return nil
	}
	return http.NewResponseController(z.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController hijack for WebSockets.
func (z *zipped) Unwrap() http.ResponseWriter { return z.ResponseWriter }
