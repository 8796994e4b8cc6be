package budget_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/dbc-network/dbc/node/budget"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const limit = 1 << 20

// bench is a server that reads bodies and answers with their length.
type bench struct {
	pool *budget.Bytes
	url  string
	errs chan error
}

func newBench(t *testing.T, all, each int64) *bench {
	t.Helper()
	b := &bench{pool: budget.NewBytes(all, each), errs: make(chan error, 1000)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := b.pool.Read(w, r, r.Header.Get("Source"), limit)
		defer body.Release()
		b.errs <- err
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		fmt.Fprint(w, len(body.Bytes))
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

func (b *bench) post(t *testing.T, source string, body io.Reader) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Source", source)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

// hold sends all but the last byte of a body.
func (b *bench) hold(t *testing.T, source string, size int) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(b.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nSource: %s\r\nContent-Length: %d\r\n\r\n%s", source, size, strings.Repeat("x", size-1))
	return c
}

func TestBodiesOfAllLengths(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4<<20, 4<<20)
	for _, n := range []int{0, 1, 16<<10 - 1, 16 << 10, 16<<10 + 1, 300_000, limit} {
		for name, body := range map[string]io.Reader{
			"with a length": strings.NewReader(strings.Repeat("x", n)), "in chunks": io.MultiReader(strings.NewReader(strings.Repeat("x", n))),
		} {
			if got := b.post(t, "a", body); got != fmt.Sprint(n) {
				t.Errorf("%d bytes %s: %.100s", n, name, got)
			}
			if err := <-b.errs; err != nil {
				t.Errorf("%d bytes %s: %v", n, name, err)
			}
		}
	}
	for name, body := range map[string]io.Reader{
		"with a length": strings.NewReader(strings.Repeat("x", limit+1)), "in chunks": io.MultiReader(strings.NewReader(strings.Repeat("x", limit+1))),
	} {
		b.post(t, "a", body)
		if err := <-b.errs; !errors.Is(err, budget.ErrLong) {
			t.Errorf("too long %s: %v", name, err)
		}
	}
	if n := b.pool.Used(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// TestBodiesThatStopOneByteShort verifies that they hold no more than the
// pool's bytes, make room for whoever sends, are cut off for being slow, and
// release everything.
func TestBodiesThatStopOneByteShort(t *testing.T) {
	t.Parallel()
	const all = 4 << 20
	b := newBench(t, all, all/2)
	for i := range 24 {
		b.hold(t, fmt.Sprint("stranger", i%6), 900_000)
	}
	for i := range 5 {
		if got := b.post(t, "honest", strings.NewReader(strings.Repeat("x", 100_000))); got != "100000" {
			t.Errorf("honest body %d: %s", i, got)
		}
		if n := b.pool.Used(); n > all {
			t.Errorf("%d bytes are held, at most %d", n, all)
		}
	}
	short := 0
	for range 24 + 5 {
		switch err := <-b.errs; {
		case errors.Is(err, budget.ErrSlow), errors.Is(err, budget.ErrFull):
			short++
		case err != nil:
			t.Error(err)
		}
	}
	if short != 24 || b.pool.Used() != 0 {
		t.Errorf("%d bodies were cut off, %d bytes are still held", short, b.pool.Used())
	}
}

func TestOneSourceHasItsShare(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4<<20, 1<<20)
	for range 4 {
		b.hold(t, "greedy", 600_000)
	}
	if got := b.post(t, "honest", strings.NewReader("x")); got != "1" {
		t.Errorf("another source: %s", got)
	}
	if n := b.pool.Used(); n > 1<<20 {
		t.Errorf("one source holds %d", n)
	}
}

func TestACallerWhoLeavesGivesAllBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4<<20, 4<<20)
	_ = b.hold(t, "a", 600_000).Close()
	if err := <-b.errs; err == nil || errors.Is(err, budget.ErrSlow) {
		t.Errorf("got %v", err)
	}
	for b.pool.Used() != 0 {
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("%d bytes are still held", b.pool.Used())
		}
	}
}

// TestPatience verifies that a few answers are immediate, many are delayed, and
// too many are not delayed.
func TestPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, begun := budget.NewPatience(), time.Now()
		for range 100 {
			p.Wait(t.Context())
		}
		if !time.Now().Equal(begun) {
			t.Errorf("the first ones were held for %v", time.Since(begun))
		}
		var all sync.WaitGroup
		asked := 0
		var mu sync.Mutex
		for range 50 {
			all.Go(func() {
				for time.Since(begun) < 10*time.Second {
					p.Wait(t.Context())
					mu.Lock()
					asked++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if asked > 50*12+10*50 {
			t.Errorf("50 callers got %d answers in ten seconds", asked)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		for range 200 {
			p.Wait(gone)
		}
		if p.Held() != 0 {
			t.Errorf("%d are held", p.Held())
		}
	})
}

// TestConns verifies that with too many connections the idle ones of the
// address with the most are closed first, and that the newest one is served.
func TestConns(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	server.Config.ConnState = budget.NewConns(8).Track
	server.Start()
	t.Cleanup(server.Close)
	at := strings.TrimPrefix(server.URL, "http://")
	dial := func(from string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.DialContext(t.Context(), "tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	ask := func(c net.Conn) error {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err := c.Read(make([]byte, 64))
		return err
	}
	modest := dial("127.0.0.2")
	if err := ask(modest); err != nil {
		t.Fatal(err)
	}
	for range 40 {
		dial("127.0.0.3")
	}
	last := dial("127.0.0.4")
	if err := ask(last); err != nil {
		t.Errorf("the last that came: %v", err)
	}
	if err := ask(modest); err != nil {
		t.Errorf("an idle one of a modest address: %v", err)
	}
}

// TestStrangersBodiesAreReadAtAPace verifies the limit on bytes per second in
// total.
func TestStrangersBodiesAreReadAtAPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool, begun := budget.NewBytes(8<<20, 8<<20).Paced(1<<20), time.Now()
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", limit)))
				body, err := pool.Read(httptest.NewRecorder(), r, fmt.Sprint(i), limit)
				if err != nil || len(body.Bytes) != limit {
					t.Errorf("body %d: %v", i, err)
				}
				body.Release()
			})
		}
		all.Wait()
		if took := time.Since(begun); took < 2*time.Second || pool.Used() != 0 {
			t.Errorf("4 MiB at 1 MiB a second took %v", took)
		}
	})
}
