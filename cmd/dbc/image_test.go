package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// imageServer serves a real image over TLS. While stopped, it sends the first
// half and then nothing; ranges counts resumed requests.
type imageServer struct {
	*httptest.Server
	content []byte
	stops   atomic.Bool
	ranges  atomic.Int32
}

func newImageServer(t *testing.T, dir string) *imageServer {
	t.Helper()
	file := filepath.Join(dir, "served.qcow2")
	for _, args := range [][]string{
		{"qemu-img", "create", "-q", "-f", "qcow2", file, "64M"},
		{"qemu-io", "-f", "qcow2", "-c", "write -P 7 0 1M", file},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s (this test needs qemu-utils): %v: %s", args[0], err, out)
		}
	}
	s := &imageServer{}
	var err error
	if s.content, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *imageServer) serve(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Range") != "" {
		s.ranges.Add(1)
	}
	if s.stops.Load() {
		w.Header().Set("Content-Length", strconv.Itoa(len(s.content)))
		_, _ = w.Write(s.content[:len(s.content)/2])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.content))
}

func TestImageScripts(t *testing.T) {
	t.Parallel()
	s := newImageServer(t, t.TempDir())
	sum := sha256.Sum256(s.content)
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/image.txt"},
		Setup: func(env *testscript.Env) error {
			roots := filepath.Join(env.WorkDir, "roots.pem")
			env.Setenv("DBC_HOME", env.WorkDir+"/home")
			env.Setenv("SSL_CERT_FILE", roots)
			env.Setenv("SERVER", s.URL)
			env.Setenv("SUM", hex.EncodeToString(sum[:]))
			return os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			// server stops|goes
			"server": func(_ *testscript.TestScript, _ bool, args []string) { s.stops.Store(args[0] == "stops") },
			// halfway FOLDER waits until half of the image is there.
			"halfway": func(ts *testscript.TestScript, _ bool, args []string) { s.awaitHalf(ts, ts.MkAbs(args[0])) },
			// resumed N
			"resumed": func(ts *testscript.TestScript, _ bool, args []string) {
				if got := strconv.Itoa(int(s.ranges.Load())); got != args[0] {
					ts.Fatalf("%s requests for the rest, want %s", got, args[0])
				}
			},
		},
	})
}

func (s *imageServer) awaitHalf(ts *testscript.TestScript, dir string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 6000 {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), ".part") && info.Size() == int64(len(s.content)/2) {
				return
			}
		}
		<-tick.C
	}
	ts.Fatalf("half of the image never came")
}
