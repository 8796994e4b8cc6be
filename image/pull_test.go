package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// mirror serves one image and its checksums. cut ends the first response early,
// hang stalls every response in its middle.
type mirror struct {
	*httptest.Server
	content []byte
	sums    string
	cut     atomic.Int64
	hang    atomic.Bool
	ranges  atomic.Int32
	noRange bool
	// inside is where /inside redirects to; asked counts requests for the
	// image.
	inside string
	asked  atomic.Int32
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	create(t, path)
	write(t, path)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := &mirror{content: raw}
	sum := sha512.Sum512(raw)
	m.sums = hex.EncodeToString(sum[:]) + " *disk.img\n"
	m.Server = httptest.NewTLSServer(http.HandlerFunc(m.serve))
	t.Cleanup(m.Close)
	return m
}

func (m *mirror) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/SUMS":
		_, _ = fmt.Fprint(w, m.sums)
	case "/away":
		http.Redirect(w, r, "http://127.0.0.1:1/disk.img", http.StatusFound)
	case "/inside":
		http.Redirect(w, r, m.inside+"/disk.img", http.StatusFound)
	case "/here":
		http.Redirect(w, r, "/disk.img", http.StatusFound)
	case "/endless":
		for {
			if _, err := w.Write(m.content); err != nil {
				return
			}
		}
	case "/disk.img":
		m.asked.Add(1)
		if r.Header.Get("Range") != "" {
			m.ranges.Add(1)
		}
		if m.noRange {
			r.Header.Del("Range")
		}
		if m.hang.Load() {
			w.Header().Set("Content-Length", strconv.Itoa(len(m.content)))
			_, _ = w.Write(m.content[:len(m.content)/2])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		if n := m.cut.Swap(0); n > 0 {
			w.Header().Set("Content-Length", strconv.Itoa(len(m.content)))
			_, _ = w.Write(m.content[:n])
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.content))
	default:
		http.NotFound(w, r)
	}
}

func (m *mirror) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(m.Certificate())
	return pool
}

func (m *mirror) source() Source {
	return Source{Name: "pulled.qcow2", URL: m.URL + "/disk.img", Sums: m.URL + "/SUMS"}
}

func TestPull(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	store := Open(filepath.Join(t.TempDir(), "images"))
	p := NewPuller(store, m.roots())
	var last Progress
	img, err := p.Pull(t.Context(), m.source(), func(now Progress) { last = now })
	if err != nil || img.Size != int64(len(m.content)) || img.VirtualSize != testSize {
		t.Fatalf("%+v, %v", img, err)
	}
	if want := (Progress{img.Size, img.Size}); last != want {
		t.Errorf("progress ends with %+v, want %+v", last, want)
	}
	if got, err := store.Find(t.Context(), "pulled.qcow2"); err != nil || got != img {
		t.Errorf("%+v, %v", got, err)
	}
	left, _ := os.ReadDir(filepath.Dir(img.Path))
	if len(left) != 1 {
		t.Errorf("beside the image is left: %v", left)
	}
	if _, err := p.Pull(t.Context(), m.source(), nil); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v, want ErrExists", err)
	}
	if err := store.Delete(t.Context(), "pulled.qcow2", t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := store.Delete(t.Context(), "pulled.qcow2", t.TempDir()); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted again: %v, want ErrNotFound", err)
	}
	if err := store.Delete(t.Context(), "../pulled.qcow2", t.TempDir()); !errors.Is(err, ErrName) {
		t.Errorf("a path: %v, want ErrName", err)
	}
}

func TestPullGoesOn(t *testing.T) {
	t.Parallel()
	for name, noRange := range map[string]bool{"by a range": false, "anew, without ranges": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMirror(t)
			m.noRange = noRange
			m.cut.Store(int64(len(m.content) / 2))
			p := NewPuller(Open(t.TempDir()), m.roots())
			if _, err := p.Pull(t.Context(), m.source(), nil); !errors.Is(err, ErrDownload) {
				t.Fatalf("cut off: %v, want ErrDownload", err)
			}
			if images, err := p.store.List(t.Context()); err != nil || len(images) != 0 {
				t.Errorf("half an image is listed: %v, %v", images, err)
			}
			first := int64(-1)
			if _, err := p.Pull(t.Context(), m.source(), func(now Progress) {
				if first < 0 {
					first = now.Done
				}
			}); err != nil {
				t.Fatal(err)
			}
			if m.ranges.Load() != 1 {
				t.Errorf("asked for %d ranges, want 1", m.ranges.Load())
			}
			if !noRange && first <= int64(len(m.content)/2) {
				t.Errorf("the second download began at %d", first)
			}
		})
	}
}

func TestPullRefuses(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	sum := sha256.Sum256(m.content)
	good := hex.EncodeToString(sum[:])
	backed := newMirror(t)
	path := filepath.Join(t.TempDir(), "backed.qcow2")
	create(t, path, "-u", "-F", "raw", "-b", "/etc/passwd")
	var err error
	if backed.content, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	evil := sha256.Sum256(backed.content)
	for name, c := range map[string]struct {
		src  Source
		want error
	}{
		"another content":   {Source{"a.qcow2", m.URL + "/disk.img", good[:62] + "00", ""}, ErrChecksum},
		"no checksum":       {Source{"a.qcow2", m.URL + "/disk.img", "", ""}, ErrSource},
		"checksum too long": {Source{"a.qcow2", m.URL + "/disk.img", good + "00", ""}, ErrChecksum},
		"not in the list":   {Source{"a.qcow2", m.URL + "/other.img", "", m.URL + "/SUMS"}, ErrChecksum},
		"plain http":        {Source{"a.qcow2", "http://example.com/a", good, ""}, ErrSource},
		"a file":            {Source{"a.qcow2", "file:///etc/passwd", good, ""}, ErrSource},
		"a redirect away":   {Source{"a.qcow2", m.URL + "/away", good, ""}, ErrSource},
		"not there":         {Source{"a.qcow2", m.URL + "/none", good, ""}, ErrDownload},
		"a path":            {Source{"../a.qcow2", m.URL + "/disk.img", good, ""}, ErrName},
	} {
		dir := t.TempDir()
		if _, err := NewPuller(Open(dir), m.roots()).Pull(t.Context(), c.src, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	dir := t.TempDir()
	src := Source{"a.qcow2", backed.URL + "/disk.img", hex.EncodeToString(evil[:]), ""}
	if _, err := NewPuller(Open(dir), backed.roots()).Pull(t.Context(), src, nil); !errors.Is(err, ErrUnsafe) {
		t.Errorf("an image on another file: %v, want ErrUnsafe", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("of the refused image is left: %v", left)
	}
}

func TestPullStops(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	m.hang.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := NewPuller(Open(t.TempDir()), m.roots()).Pull(ctx, m.source(), func(Progress) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestCatalogue(t *testing.T) {
	t.Parallel()
	entries, err := Catalogue()
	if err != nil || len(entries) < 5 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if e, err := Lookup("ubuntu.qcow2"); err != nil || e.URL == "" {
		t.Errorf("the guide's image: %+v, %v", e, err)
	}
	if _, err := Lookup("none.qcow2"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
	for _, bad := range []string{
		"a.qcow2 https://x/y https://x/z", "a.qcow2 http://x/y https://x/z what", "a https://x/y https://x/z what",
		"a.qcow2 https://u:p@x/y https://x/z what", "a.qcow2 https://x/y https://x/z w\na.qcow2 https://x/y https://x/z w",
	} {
		if _, err := parseCatalogue(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzFindSum(f *testing.F) {
	f.Add("0123 *a.img\nSHA256 (a.img) = ff\n", "a.img")
	f.Fuzz(func(t *testing.T, list, file string) {
		if sum, err := findSum(list, file); err == nil && len(sum) != 64 && len(sum) != 128 {
			t.Fatal(sum)
		}
	})
}

// TestPullStaysOutside: a server that the operator named may be anywhere, but
// its redirects must lead to a public address, whatever port and path they
// name.
func TestPullStaysOutside(t *testing.T) {
	t.Parallel()
	m, inner := newMirror(t), newMirror(t)
	m.inside = inner.URL
	src := m.source()
	src.URL = m.URL + "/inside"
	src.Sums, src.Digest = "", strings.Fields(m.sums)[0]
	_, err := NewPuller(Open(t.TempDir()), inner.roots()).Pull(t.Context(), src, nil)
	if !errors.Is(err, ErrSource) {
		t.Errorf("%v, want ErrSource", err)
	}
	if n := inner.asked.Load(); n != 0 {
		t.Errorf("the service inside was asked %d times", n)
	}
	src.URL = m.URL + "/here"
	if _, err := NewPuller(Open(t.TempDir()), m.roots()).Pull(t.Context(), src, nil); err != nil {
		t.Errorf("a redirect within the named server: %v", err)
	}
	for address, public := range map[string]bool{
		"9.9.9.9:443": true, "[2620:fe::fe]:443": true, "127.0.0.1:443": false, "10.1.2.3:443": false, "169.254.169.254:443": false,
		"[::1]:443": false, "[::ffff:10.0.0.1]:443": false, "[fd00::1]:443": false, "[fe80::1]:443": false, "100.64.0.1:443": false,
		"0.0.0.0:443": false, "[64:ff9b::7f00:1]:443": false, "224.0.0.1:443": false, "255.255.255.255:443": false,
	} {
		if err := checkPublic(address); (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestPullEnds(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	src := m.source()
	src.URL, src.Sums, src.Digest = m.URL+"/endless", "", strings.Fields(m.sums)[0]
	dir := t.TempDir()
	p := NewPuller(Open(dir), m.roots())
	p.limit = int64(3 * len(m.content) / 2)
	if _, err := p.Pull(t.Context(), src, nil); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an endless body: %v, want ErrTooLarge", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	p = NewPuller(Open(dir), m.roots())
	p.room = func(string) (int64, error) { return KeepFree + int64(len(m.content)) - 1, nil }
	if _, err := p.Pull(t.Context(), m.source(), nil); !errors.Is(err, ErrNoRoom) {
		t.Errorf("a full disk: %v, want ErrNoRoom", err)
	}
	p.room = func(string) (int64, error) { return KeepFree + int64(len(m.content)), nil }
	if _, err := p.Pull(t.Context(), m.source(), nil); err != nil {
		t.Errorf("just enough room: %v", err)
	}
}
