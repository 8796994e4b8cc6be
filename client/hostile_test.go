package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	nodeapi "github.com/dbc-network/dbc/node/compute/api"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/node/guests/names"
	"github.com/dbc-network/dbc/node/key"
	"github.com/dbc-network/dbc/rental"
)

// guests counts the deletions that a real API carried out.
type guests struct {
	nodeapi.Host
	deleted atomic.Int32
}

func (g *guests) Delete(trust.Caller, string) error {
	g.deleted.Add(1)
	return nil
}

// renting is a chain on which one wallet rents.
type renting string

func (r renting) Word() trust.Word {
	now := time.Now()
	return trust.Word{Height: 1, Time: now, Open: map[uint64]trust.Rental{7: {
		ID: 7, Renter: string(r), State: rental.StateActive, Start: now.Add(-time.Hour), End: now.Add(time.Hour),
	}}}
}

func (r renting) Fresh(context.Context) trust.Word { return r.Word() }

// compute is a compute node's real API with a real journal.
type compute struct {
	key    key.Key
	path   string
	guests *guests
	http.Handler
	stop func()
}

func newCompute(t *testing.T, renter string) *compute {
	t.Helper()
	k, err := key.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &compute{key: k, path: filepath.Join(t.TempDir(), "journal.db"), guests: &guests{}}
	c.start(t, renter)
	t.Cleanup(func() { c.stop() })
	return c
}

// start opens the journal. After stop it acts as a restart of the node.
func (c *compute) start(t *testing.T, renter string) {
	t.Helper()
	j, err := journal.Open(c.path, names.Binding{ChainID: chainID, GenesisHash: "00", MachineID: c.key.MachineID()})
	if err != nil {
		t.Fatal(err)
	}
	server := nodeapi.New(nodeapi.Config{Key: c.key, ChainID: chainID}, nodeapi.Deps{
		Host: c.guests, Rentals: renting(renter), Replay: j, Sessions: j, Grants: j, Log: slog.New(slog.DiscardHandler),
	})
	c.Handler = server.Handler()
	c.stop = func() {
		server.Close()
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

// ask exchanges one request with a compute node, as a client node does.
func ask(to http.Handler, method, target string, header http.Header, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	r.Host, r.Header = "localhost", header.Clone()
	w := httptest.NewRecorder()
	to.ServeHTTP(w, r)
	return w
}

// asked is a request as it reached the client node.
type asked struct {
	method, target string
	header         http.Header
	body           []byte
}

func (a asked) pass(to http.Handler) *httptest.ResponseRecorder {
	return ask(to, a.method, a.target, a.header, a.body)
}

// TestHostileClientNode verifies that the renter notices whatever a client node
// does to the traffic, and that the machine does what was signed at most once.
func TestHostileClientNode(t *testing.T) {
	t.Parallel()
	type answer = *httptest.ResponseRecorder
	for name, c := range map[string]struct {
		// play answers a request; earlier is the same wallet's first one, which
		// was passed on honestly.
		play    func(now, earlier asked, told answer, right, wrong *compute) answer
		done    int32
		proved  bool
		trusted bool
	}{
		"honest": {func(now, _ asked, _ answer, right, _ *compute) answer { return now.pass(right) }, 2, true, true},
		"alters the body": {func(now, _ asked, _ answer, right, _ *compute) answer {
			now.body = bytes.Replace(now.body, []byte(`"additional":{}`), []byte(`"additional":{"a":1}`), 1)
			return now.pass(right)
		}, 1, false, false},
		"alters the path": {func(now, _ asked, _ answer, right, _ *compute) answer {
			now.target = strings.Replace(now.target, "abc", "abd", 1)
			return now.pass(right)
		}, 1, false, false},
		"adds a query": {func(now, _ asked, _ answer, right, _ *compute) answer {
			now.target += "?force=true"
			return now.pass(right)
		}, 1, false, false},
		"alters the header": {func(now, _ asked, _ answer, right, _ *compute) answer {
			h := now.header.Get(auth.HeaderName)
			now.header.Set(auth.HeaderName, h[:len(h)-1]+string('a'+('f'-rune(h[len(h)-1]))%2))
			return now.pass(right)
		}, 1, true, false},
		"drops the header": {func(now, _ asked, _ answer, right, _ *compute) answer {
			now.header.Del(auth.HeaderName)
			return now.pass(right)
		}, 1, false, false},
		"replays an earlier request": {func(_, earlier asked, _ answer, right, _ *compute) answer {
			return earlier.pass(right)
		}, 1, false, false},
		"sends it twice": {func(now, _ asked, _ answer, right, _ *compute) answer {
			now.pass(right)
			return now.pass(right)
		}, 2, true, false},
		"gives an earlier reply": {func(_, _ asked, told answer, _, _ *compute) answer { return told }, 1, false, false},
		"asks another machine":   {func(now, _ asked, _ answer, _, wrong *compute) answer { return now.pass(wrong) }, 1, false, false},
		"alters the reply": {func(now, _ asked, _ answer, right, _ *compute) answer {
			w := now.pass(right)
			w.Body = bytes.NewBufferString(strings.Replace(w.Body.String(), `"ok"`, `"OK"`, 1))
			return w
		}, 2, false, false},
		"alters the status": {func(now, _ asked, _ answer, right, _ *compute) answer {
			w := now.pass(right)
			w.Code = http.StatusConflict
			return w
		}, 2, false, false},
		"drops the reply's signature": {func(now, _ asked, _ answer, right, _ *compute) answer {
			w := now.pass(right)
			w.Header().Del(auth.HeaderSign)
			return w
		}, 2, false, false},
		"makes a refusal up": {func(asked, asked, answer, *compute, *compute) answer {
			w := httptest.NewRecorder()
			w.Code, w.Body = http.StatusForbidden, bytes.NewBufferString(`{"errcode":-3,"code":"NO_RENTAL","message":"pay again"}`)
			return w
		}, 1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wallet := newWallet(t)
			right, wrong := newCompute(t, wallet.Address()), newCompute(t, wallet.Address())
			var first asked
			var told answer
			node := through(t, wallet, right, func(a asked) answer {
				if told == nil {
					first, told = a, a.pass(right)
					return told
				}
				return c.play(a, first, told, right, wrong)
			})
			if err := node.DeleteTask(t.Context(), "abc"); err != nil {
				t.Fatal(err)
			}
			err := node.DeleteTask(t.Context(), "abc")
			refused := new(client.NodeError)
			switch {
			case c.trusted != (err == nil):
				t.Errorf("the renter hears %v", err)
			case err != nil && errors.As(err, &refused) && refused.Proved != c.proved:
				t.Errorf("proved %v: %v", refused.Proved, err)
			case err != nil && !c.proved && !errors.Is(err, client.ErrUntrusted) && refused.Message == "":
				t.Errorf("the renter hears no reason: %v", err)
			}
			if n := right.guests.deleted.Load(); n != c.done {
				t.Errorf("the machine did it %d times, want %d", n, c.done)
			}
			if n := wrong.guests.deleted.Load(); n != 0 {
				t.Errorf("the other machine did it %d times", n)
			}
		})
	}
}

// A recorded request stays worthless after a restart of the machine.
func TestReplayAfterARestart(t *testing.T) {
	t.Parallel()
	wallet := newWallet(t)
	right := newCompute(t, wallet.Address())
	var kept asked
	node := through(t, wallet, right, func(a asked) *httptest.ResponseRecorder {
		kept = a
		return a.pass(right)
	})
	if err := node.DeleteTask(t.Context(), "abc"); err != nil {
		t.Fatal(err)
	}
	right.stop()
	right.start(t, wallet.Address())
	if w := kept.pass(right); w.Code != http.StatusUnauthorized || right.guests.deleted.Load() != 1 {
		t.Errorf("HTTP %d %s, done %d times", w.Code, w.Body, right.guests.deleted.Load())
	}
}

// through connects the wallet to a machine by a client node that runs play.
func through(t *testing.T, wallet *market.Wallet, to *compute, play func(asked) *httptest.ResponseRecorder) *client.Node {
	t.Helper()
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		answer := play(asked{r.Method, r.RequestURI, r.Header.Clone(), body})
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(between.Close)
	node, err := client.NewNode(client.NodeConfig{
		URL: between.URL, ChainID: chainID, MachineID: to.key.MachineID(), Signer: wallet,
	})
	if err != nil {
		t.Fatal(err)
	}
	return node
}
