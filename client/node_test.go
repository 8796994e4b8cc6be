package client_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
)

const chainID = "dbc-devnet-1"

// fakeMachine answers every request with status and body, signed with key
// unless spoil changes that.
type fakeMachine struct {
	status int
	body   string
	spoil  func(h http.Header)
}

func newWallet(t *testing.T) *market.Wallet {
	t.Helper()
	ring, err := market.OpenKeyring(t.TempDir(), market.Backend(chainID), nil)
	if err != nil {
		t.Fatal(err)
	}
	wallet, words, err := ring.Create("alice")
	if err != nil || words == "" {
		t.Fatal(err)
	}
	return wallet
}

// serve also verifies the request's signature, so that both halves of auth meet
// here.
func (m fakeMachine) serve(t *testing.T) *client.Node {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := hex.EncodeToString(public)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said, err := auth.ParseHeader(r.Header.Get(auth.HeaderName))
		if err != nil {
			t.Errorf("header: %v", err)
		}
		exact := auth.Exact{
			ChainID: chainID, Method: r.Method, Target: r.URL.RequestURI(), MachineID: id,
			BodySHA256: sha256.Sum256(body), Time: said.Time, Nonce: said.Nonce,
		}
		if address, err := auth.VerifySign(exact.Text(), said.Sign); err != nil || address != said.Wallet {
			t.Errorf("signature of %s: %v", address, err)
		}
		var request api.Request
		if err := json.Unmarshal(body, &request); err != nil || request.PeerNodesList[0] != id {
			t.Errorf("body %s: %v", body, err)
		}
		w.Header().Set(auth.HeaderSign, auth.SignReply(private, exact.Text(), m.status, []byte(m.body)))
		if m.spoil != nil {
			m.spoil(w.Header())
		}
		w.WriteHeader(m.status)
		_, _ = w.Write([]byte(m.body))
	}))
	t.Cleanup(server.Close)
	n, err := client.NewNode(client.NodeConfig{URL: server.URL, ChainID: chainID, MachineID: id, Signer: newWallet(t)})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTask(t *testing.T) {
	t.Parallel()
	n := fakeMachine{status: 200, body: `{"errcode":0,"message":{"task_id":"abc","status":"running"}}`}.serve(t)
	task, err := n.Task(t.Context(), "abc")
	if err != nil || task.Status != client.StatusRunning {
		t.Fatalf("%+v, %v", task, err)
	}
}

func TestTaskBelievesOnlyTheMachine(t *testing.T) {
	t.Parallel()
	const good = `{"errcode":0,"message":{"task_id":"abc","status":"running"}}`
	for name, m := range map[string]fakeMachine{
		"unsigned":     {200, good, func(h http.Header) { h.Del(auth.HeaderSign) }},
		"other's sign": {200, good, func(h http.Header) { h.Set(auth.HeaderSign, hex.EncodeToString(make([]byte, 64))) }},
		"not the API":  {200, "<html>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if task, err := m.serve(t).Task(t.Context(), "abc"); !errors.Is(err, client.ErrUntrusted) {
				t.Errorf("%+v, %v", task, err)
			}
		})
	}
}

func TestTaskRefused(t *testing.T) {
	t.Parallel()
	n := fakeMachine{status: 409, body: `{"errcode":-3,"code":"PORT_TAKEN","message":"taken\u001b[2J","field":"ssh_port"}`}.serve(t)
	_, err := n.CreateTask(t.Context(), api.Create{})
	var refused *client.NodeError
	if !errors.As(err, &refused) || refused.Code != "PORT_TAKEN" || !refused.Proved || refused.Message != `taken\u001b[2J` {
		t.Errorf("%+v", err)
	}
}

// TestCreateIsRepeated: an answer that is lost is asked for once more by the same id,
// and what is not known afterwards is said with that id.
func TestCreateIsRepeated(t *testing.T) {
	t.Parallel()
	const (
		made  = `{"errcode":0,"message":{"task_id":"3mJr7AoUXx2Wqd4yHw9kPz","status":"creating"}}`
		taken = `{"errcode":-4,"code":"PORT_TAKEN","message":"taken"}`
		many  = `{"errcode":-3,"code":"TOO_MANY_REQUESTS","message":"too many"}`
	)
	for name, c := range map[string]struct {
		// lost counts the requests whose answer is cut off.
		lost  int32
		asked int32
		then  fakeMachine
		// unknown, or else the error's code; "" for none.
		unknown bool
		code    api.Code
	}{
		"answered":             {0, 1, fakeMachine{status: 200, body: made}, false, ""},
		"refused":              {0, 1, fakeMachine{status: 409, body: taken}, false, api.PortTaken},
		"lost once":            {1, 2, fakeMachine{status: 200, body: made}, false, ""},
		"lost, then refused":   {1, 2, fakeMachine{status: 409, body: taken}, false, api.PortTaken},
		"lost, then too often": {1, 2, fakeMachine{status: 429, body: many}, true, api.TooManyRequests},
		"lost twice":           {2, 2, fakeMachine{status: 200, body: made}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			c.then.spoil = func(http.Header) {
				if asked.Add(1) <= c.lost {
					panic(http.ErrAbortHandler)
				}
			}
			_, err := c.then.serve(t).CreateTask(t.Context(), api.Create{TaskID: "3mJr7AoUXx2Wqd4yHw9kPz"})
			refused := new(client.NodeError)
			if client.MayHaveHappened(err) != c.unknown || errors.As(err, &refused) != (c.code != "") || refused.Code != c.code || (err == nil) != (!c.unknown && c.code == "") {
				t.Errorf("%v", err)
			}
			if c.unknown != (err != nil && strings.Contains(err.Error(), "3mJr7AoUXx2Wqd4yHw9kPz")) {
				t.Errorf("the id is not known: %v", err)
			}
			if n := asked.Load(); n != c.asked {
				t.Errorf("asked %d times, want %d", n, c.asked)
			}
		})
	}
}

// TestCreateIsTheSame: what is repeated has the same id, also one that the client
// chose; a machine that is gone by then leaves it open.
func TestCreateIsTheSame(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"answers nothing": 2, "is gone": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, _, err := ed25519.GenerateKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			asked := make(chan string, 4)
			listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				var request struct {
					Additional api.Create `json:"additional"`
				}
				if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
					t.Error(err)
				}
				if asked <- request.Additional.TaskID; want == 1 {
					_ = listener.Close()
				}
				panic(http.ErrAbortHandler)
			})}
			go func() { _ = server.Serve(listener) }()
			t.Cleanup(func() { _ = server.Close() })
			n, err := client.NewNode(client.NodeConfig{
				URL: "http://" + listener.Addr().String(), ChainID: chainID, MachineID: hex.EncodeToString(public), Signer: newWallet(t),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = n.CreateTask(t.Context(), api.Create{})
			close(asked)
			id, count := <-asked, 1
			for again := range asked {
				if count++; again != id {
					t.Errorf("asked for %s, then for %s", id, again)
				}
			}
			if !client.MayHaveHappened(err) || !errors.Is(err, client.ErrUnreachable) || len(id) < 20 || !strings.Contains(err.Error(), id) || count != want {
				t.Errorf("asked %d times, want %d: %v", count, want, err)
			}
		})
	}
}

// TestRefusalIsPrintable: a stranger's machine writes all of a refusal, and as much of
// it as it likes.
func TestRefusalIsPrintable(t *testing.T) {
	t.Parallel()
	const odd = "\x1b[2J\u202e\n"
	many := map[string]string{odd: odd, "long": strings.Repeat("x", 1<<20)}
	for i := range 100 {
		many["z"+strconv.Itoa(i)] = "z"
	}
	body, err := json.Marshal(map[string]any{
		"errcode": -3, "code": odd, "message": odd, "field": odd, "value": odd, "limit": odd, "retry": odd, "retry_at": odd, "fault": odd, "params": many,
	})
	if err != nil {
		t.Fatal(err)
	}
	refused := new(client.NodeError)
	if _, err := (fakeMachine{status: 409, body: string(body)}).serve(t).Tasks(t.Context()); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	clean := client.Printable(odd)
	for name, text := range map[string]string{
		"code": string(refused.Code), "message": refused.Message, "field": refused.Field, "value": refused.Value, "limit": refused.Limit,
		"retry": string(refused.Retry), "retry_at": refused.RetryAt, "fault": string(refused.Fault), "params": refused.Params[clean],
	} {
		if text != clean {
			t.Errorf("%s: %q", name, text)
		}
	}
	if long := refused.Params["long"]; len(refused.Params) != 32 || len(long) > 600 || !strings.HasPrefix(long, "xxx") {
		t.Errorf("%d parameters, one of %d bytes", len(refused.Params), len(long))
	}
}

// TestGatewayGotNoAnswer verifies that a client node's report about an
// unreachable machine does not count as a refusal, and that waiting for a VM
// continues.
func TestGatewayGotNoAnswer(t *testing.T) {
	t.Parallel()
	unsigned := func(h http.Header) { h.Del(auth.HeaderSign) }
	for name, c := range map[string]struct {
		machine fakeMachine
		want    bool
	}{
		"broken off":            {fakeMachine{502, `{"errcode":-3,"code":"GATEWAY","message":"reset"}`, unsigned}, true},
		"timed out":             {fakeMachine{504, `{"errcode":-32700,"code":"TIMEOUT","message":"tried"}`, unsigned}, true},
		"refused by the client": {fakeMachine{403, `{"errcode":-3,"code":"HOST_REFUSED","message":"no"}`, unsigned}, false},
		"the machine's word":    {fakeMachine{502, `{"errcode":-15,"code":"CHAIN_UNREACHABLE","message":"no chain"}`, nil}, false},
	} {
		_, err := c.machine.serve(t).CreateTask(t.Context(), api.Create{})
		if refused := new(client.NodeError); !errors.As(err, &refused) || errors.Is(err, client.ErrUnreachable) != c.want {
			t.Errorf("%s: %v; unreachable %v, want %v", name, err, !c.want, c.want)
		}
	}
}

func TestTaskIDStaysInItsPath(t *testing.T) {
	t.Parallel()
	n := fakeMachine{status: 500, body: "{}"}.serve(t)
	for _, id := range []string{"", "../x", "a/b", "a?b", "a b", "a\n"} {
		if _, err := n.Task(t.Context(), id); err == nil {
			t.Errorf("%q passed", id)
		}
	}
}

func TestNodeUnreachable(t *testing.T) {
	t.Parallel()
	n, err := client.NewNode(client.NodeConfig{
		URL: "http://127.0.0.1:1", ChainID: chainID, Signer: newWallet(t),
		MachineID: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Tasks(context.Background()); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("%v", err)
	}
}

// TestMachineBehindIsAskedAgain verifies that a machine whose chain node is behind the
// caller's block is told that block, and asked again until it has seen it.
func TestMachineBehindIsAskedAgain(t *testing.T) {
	t.Parallel()
	var asked []string
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := hex.EncodeToString(public)
	answers := roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.Header.Get(api.HeaderHeight))
		status, text := http.StatusServiceUnavailable, `{"errcode":-15,"code":"CHAIN_BEHIND","message":"x"}`
		if len(asked) > 2 {
			status, text = http.StatusOK, `{"errcode":0,"message":{"tasks":[]}}`
		}
		body, _ := io.ReadAll(r.Body)
		said, err := auth.ParseHeader(r.Header.Get(auth.HeaderName))
		exact := auth.Exact{
			ChainID: chainID, Method: r.Method, Target: r.URL.RequestURI(), MachineID: id,
			BodySHA256: sha256.Sum256(body), Time: said.Time, Nonce: said.Nonce,
		}
		h := http.Header{}
		h.Set(auth.HeaderSign, auth.SignReply(private, exact.Text(), status, []byte(text)))
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(text))}, err
	})
	wallet := newWallet(t)
	synctest.Test(t, func(t *testing.T) {
		n, err := client.NewNode(client.NodeConfig{URL: "http://m", ChainID: chainID, MachineID: id, Signer: wallet, HTTP: &http.Client{Transport: answers}})
		if err != nil {
			t.Fatal(err)
		}
		n.Seen(9)
		n.Seen(7)
		if _, err := n.Tasks(t.Context()); err != nil || !slices.Equal(asked, []string{"9", "9", "9"}) {
			t.Errorf("%v, asked with %q", err, asked)
		}
	})
}

// TestWaitTaskFollowsRevisions verifies that a wait names what it has seen, goes on at once
// after a change, and pauses after an answer that nothing differs.
func TestWaitTaskFollowsRevisions(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := hex.EncodeToString(public)
	var asked []string
	answers := roundTrip(func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		var request api.Request
		if err := json.Unmarshal(body, &request); err != nil {
			return nil, err
		}
		asked = append(asked, string(request.Additional))
		task := []string{`"creating","revision":"1"`, `"creating","revision":"2"`, `"creating","revision":"2"`, `"running","revision":"3"`}[len(asked)-1]
		text := `{"errcode":0,"message":{"task_id":"x","status":` + task + `}}`
		said, err := auth.ParseHeader(r.Header.Get(auth.HeaderName))
		exact := auth.Exact{
			ChainID: chainID, Method: r.Method, Target: r.URL.RequestURI(), MachineID: id,
			BodySHA256: sha256.Sum256(body), Time: said.Time, Nonce: said.Nonce,
		}
		h := http.Header{}
		h.Set(auth.HeaderSign, auth.SignReply(private, exact.Text(), http.StatusOK, []byte(text)))
		return &http.Response{StatusCode: http.StatusOK, Header: h, Body: io.NopCloser(strings.NewReader(text))}, err
	})
	wallet := newWallet(t)
	synctest.Test(t, func(t *testing.T) {
		n, err := client.NewNode(client.NodeConfig{URL: "http://m", ChainID: chainID, MachineID: id, Signer: wallet, HTTP: &http.Client{Transport: answers}})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		task, err := n.WaitTask(t.Context(), "x", client.StatusRunning, nil)
		want := []string{"{}", `{"revision":"1","wait":"20"}`, `{"revision":"2","wait":"20"}`, `{"revision":"2","wait":"20"}`}
		if err != nil || task.Revision != "3" || !slices.Equal(asked, want) {
			t.Errorf("%v, %+v, asked with %q", err, task, asked)
		}
		if took := time.Since(begun); took != 700*time.Millisecond { // 100 after each change, 500 after none
			t.Errorf("it took %s", took)
		}
	})
}

type roundTrip func(r *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestTaskOfAnotherID: an id becomes part of commands that people copy, so a machine's
// answer about another VM than was asked for, or with an id that is none, is refused.
func TestTaskOfAnotherID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"abd", "", "$(reboot)"} {
		one := fakeMachine{status: 200, body: fmt.Sprintf(`{"errcode":0,"message":{"task_id":%q,"status":"running"}}`, id)}.serve(t)
		if task, err := one.Task(t.Context(), "abc"); !errors.Is(err, client.ErrAnswer) || task.TaskID != "" {
			t.Errorf("%q: %+v, %v", id, task, err)
		}
		if task, err := one.WaitTask(t.Context(), "abc", client.StatusRunning, nil); !errors.Is(err, client.ErrAnswer) || task.TaskID != "" {
			t.Errorf("%q: %+v, %v", id, task, err)
		}
		if task, err := one.CreateTask(t.Context(), api.Create{TaskID: "abc"}); !errors.Is(err, client.ErrAnswer) || !client.MayHaveHappened(err) || task.TaskID != "" {
			t.Errorf("%q: %+v, %v", id, task, err)
		}
	}
	list := fakeMachine{status: 200, body: `{"errcode":0,"message":{"tasks":[{"task_id":"abc"},{"task_id":"$(reboot)"}]}}`}.serve(t)
	if tasks, err := list.Tasks(t.Context()); !errors.Is(err, client.ErrAnswer) || tasks != nil {
		t.Errorf("%+v, %v", tasks, err)
	}
}
