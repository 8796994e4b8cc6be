package market

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/machine"
)

func total(t *testing.T, s *Store, filters map[string]json.RawMessage) int64 {
	t.Helper()
	page, err := s.Search(t.Context(), api.Search{Filters: filters})
	if err != nil {
		t.Fatal(err)
	}
	return page.Total
}

func dear(t *testing.T) map[string]json.RawMessage {
	return map[string]json.RawMessage{"price_per_day_min": raw(t, 999_000_000), "state": raw(t, states)}
}

func every(t *testing.T) map[string]json.RawMessage {
	return map[string]json.RawMessage{"state": raw(t, states)}
}

func raise(l *machine.Listing) { l.Machine.PricePerDay = 999_000_000 }

// TestEventsAreFollowed verifies that a block's events update the machines that
// they name, without filling the index again.
func TestEventsAreFollowed(t *testing.T) {
	t.Parallel()
	l := newLedger(250)
	s := filled(t, l)
	pages := l.pages
	l.block(raise, 3, 200)
	l.block(nil)
	l.block(raise, 4)
	if err := s.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, dear(t)); n != 3 || l.pages != pages {
		t.Errorf("%d machines moved, want 3; %d pages were read", n, l.pages-pages)
	}
}

// TestGapIsFilled verifies that missing events cause the index to be filled
// again, and that machines which no longer exist are removed.
func TestGapIsFilled(t *testing.T) {
	t.Parallel()
	l := newLedger(250)
	s := filled(t, l)
	l.block(raise, 3)
	delete(l.events, l.head.Height)
	l.listings = l.listings[:240]
	if err := s.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if n, all := total(t, s, dear(t)), total(t, s, every(t)); n != 1 || all != 240 {
		t.Errorf("%d moved of %d, want 1 of 240", n, all)
	}
}

// TestEndInTheMiddle verifies that an interrupted filling is marked as
// incomplete, in this process and the next, until it was completed.
func TestEndInTheMiddle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLedger(250)
	l.failPage = 3
	first := openAt(t, dir)
	if err := first.catchUp(t.Context(), l); !errors.Is(err, errBroken) {
		t.Fatalf("fill: %v", err)
	}
	// The first one is not closed, as if its process had been killed.
	second := openAt(t, dir)
	for _, s := range []*Store{first, second} {
		if _, err := s.Search(t.Context(), api.Search{}); !errors.Is(err, ErrIncomplete) {
			t.Errorf("search: %v", err)
		}
	}
	if err := second.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if n := total(t, second, every(t)); n != 250 {
		t.Errorf("%d machines", n)
	}
}

// TestRestartGoesOn verifies that the next process does not fill a complete
// index again.
func TestRestartGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLedger(250)
	s := openAt(t, dir)
	if err := s.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	pages := l.pages
	l.block(raise, 9)
	next := openAt(t, dir)
	if err := next.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if n := total(t, next, dear(t)); n != 1 || l.pages != pages {
		t.Errorf("%d machines moved; %d pages were read", n, l.pages-pages)
	}
}

// TestOtherChain verifies that another genesis empties the index before
// anything is read.
func TestOtherChain(t *testing.T) {
	t.Parallel()
	s := filled(t, newLedger(250))
	other := newLedger(10)
	other.head.GenesisHash[0] = 1
	other.failPage = 1
	if err := s.catchUp(t.Context(), other); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	if _, err := s.Search(t.Context(), api.Search{}); !errors.Is(err, ErrIncomplete) {
		t.Errorf("search: %v", err)
	}
	if err := s.catchUp(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, every(t)); n != 10 {
		t.Errorf("%d machines, want those of the other chain", n)
	}
}

// TestFallingHeight verifies that the index is filled again after the chain was
// rolled back.
func TestFallingHeight(t *testing.T) {
	t.Parallel()
	l := newLedger(20)
	s := filled(t, l)
	l.head.Height, l.listings = 5, l.listings[:12]
	if err := s.catchUp(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s, every(t)); n != 12 {
		t.Errorf("%d machines", n)
	}
}

func TestBrokenFileIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "machines.db"), []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, dir)
	if err := s.catchUp(t.Context(), newLedger(5)); err != nil {
		t.Fatal(err)
	}
}

func TestFollowEnds(t *testing.T) {
	t.Parallel()
	l := newLedger(20)
	s := openAt(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Follow(ctx, l, quiet()) }()
	l.wakes <- struct{}{}
	l.wakes <- struct{}{} // received only after the first one has been processed
	if n := total(t, s, every(t)); n != 20 {
		t.Errorf("%d machines", n)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	empty := openAt(t, t.TempDir())
	full := filled(t, newLedger(30))
	for name, c := range map[string]struct {
		store        *Store
		method, body string
		status       int
		has          string
	}{
		"page":       {full, "POST", `{"filters":{"state":"online"},"limit":1}`, 200, `"by_gpu_type":[`},
		"method":     {full, "GET", ``, 400, `"BAD_METHOD"`},
		"body":       {full, "POST", `[`, 400, `"BAD_REQUEST"`},
		"field":      {full, "POST", `{"filter":{}}`, 400, `"field":"filter"`},
		"two":        {full, "POST", `{}{}`, 400, `more than one`},
		"string":     {full, "POST", `{"limit":"1"}`, 200, `"machines":[{`},
		"caller":     {full, "POST", `{"peer_nodes_list":[],"additional":{},"wallet":"dbc1","nonce":"n","sign":"s"}`, 200, `"machines":[{`},
		"additional": {full, "POST", `{"additional":{"order":"stake"}}`, 400, `"field":"additional"`},
		"limit":      {full, "POST", `{"limit":"many"}`, 400, `"field":"limit"`},
		"filters":    {full, "POST", `{"filters":[]}`, 400, `"field":"filters"`},
		"value":      {full, "POST", `{"order":"x"}`, 400, `"field":"order"`},
		"long":       {full, "POST", `{"order":"` + strings.Repeat("x", maxBody) + `"}`, 400, `too long`},
		"incomplete": {empty, "POST", `{}`, 502, `"INDEX_INCOMPLETE"`},
	} {
		w := httptest.NewRecorder()
		Handler(c.store, quiet()).ServeHTTP(w, httptest.NewRequest(c.method, api.PathMachines, strings.NewReader(c.body)))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if ok := strings.HasPrefix(w.Body.String(), `{"errcode":0,`); ok != (w.Code == http.StatusOK) {
			t.Errorf("%s: envelope %s", name, w.Body)
		}
	}
}
