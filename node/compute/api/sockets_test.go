package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/lifecycle"
	"github.com/dbc-network/dbc/node/compute/host"
)

// opened asks for a token.
func (b *bench) opened(by auth.Signer, path, additional string) string {
	b.t.Helper()
	status, reply := b.ask(by, path, additional, nil)
	var token api.SocketToken
	if err := json.Unmarshal(reply.Message, &token); err != nil || status != http.StatusOK {
		b.t.Fatalf("%d %s %v", status, reply.Message, err)
	}
	if token.Expires != now.Add(30*time.Second).Format(time.RFC3339) {
		b.t.Errorf("the token expires at %s", token.Expires)
	}
	return token.Token
}

// socket opens path as a WebSocket; a refusal is told by its code.
func (b *bench) socket(path, token string) (*websocket.Conn, string) {
	b.t.Helper()
	server := httptest.NewServer(b.h)
	b.t.Cleanup(server.Close)
	c, res, err := websocket.Dial(b.t.Context(), server.URL+path+"?machine_id="+b.k.MachineID()+"&token="+token,
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err == nil {
		b.t.Cleanup(func() { _ = c.CloseNow() })
		return c, ""
	}
	if res == nil {
		b.t.Fatal(err)
	}
	var reply api.Reply
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		b.t.Fatal(err)
	}
	return nil, string(reply.Code)
}

func TestSockets(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ path, additional string }{
		"console[7]":    {api.PathTaskConsole, `{}`},
		"vnc[7]":        {api.PathTaskVNC, `{}`},
		"forward 22[7]": {api.PathTaskForward, `{"port":"22"}`},
	} {
		b := newBench(t)
		path := c.path + sampleID
		token := b.opened(alice, path, c.additional)
		c, _ := b.socket(path, token)
		if c == nil {
			t.Fatal("not opened")
		}
		if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, text, err := c.Read(t.Context()); err != nil || string(text) != "hello" {
			t.Errorf("%q, %v", text, err)
		}
		if len(b.m.asked) != 1 || b.m.asked[0] != what {
			t.Errorf("asked %q, want %q", b.m.asked, what)
		}
		if _, code := b.socket(path, token); code != "BAD_TOKEN" {
			t.Errorf("the same token again: %s", code)
		}
	}
}

func TestConsoleRefused(t *testing.T) {
	t.Parallel()
	path := api.PathTaskConsole + sampleID
	for name, c := range map[string]struct {
		by               auth.Signer
		path, additional string
		status           lifecycle.State
		want             int
		code             api.Code
	}{
		"another's":   {bob, path, `{}`, lifecycle.Running, 403, "NO_RENTAL"},
		"no such":     {alice, api.PathTaskConsole + "11111111111111111111", `{}`, lifecycle.Running, 404, "TASK_NOT_FOUND"},
		"off":         {alice, path, `{}`, lifecycle.Closed, 409, "WRONG_STATE"},
		"a typo":      {alice, path, `{"takeover":true}`, lifecycle.Running, 400, "BAD_REQUEST"},
		"no sign":     {nil, path, `{}`, lifecycle.Running, 401, "AUTH_MISSING"},
		"port 0":      {alice, api.PathTaskForward + sampleID, `{"port":0}`, lifecycle.Running, 400, "BAD_VALUE"},
		"port 65536":  {alice, api.PathTaskForward + sampleID, `{"port":"65536"}`, lifecycle.Running, 400, "BAD_VALUE"},
		"an address":  {alice, api.PathTaskForward + sampleID, `{"port":"10.0.0.1:22"}`, lifecycle.Running, 400, "BAD_VALUE"},
		"no port":     {alice, api.PathTaskForward + sampleID, `{}`, lifecycle.Running, 400, "BAD_VALUE"},
		"port, off":   {alice, api.PathTaskForward + sampleID, `{"port":22}`, lifecycle.Closed, 409, "WRONG_STATE"},
		"screen, off": {alice, api.PathTaskVNC + sampleID, `{}`, lifecycle.Closed, 409, "WRONG_STATE"},
	} {
		b := newBench(t)
		task := b.m.tasks[sampleID]
		task.Progress.State = c.status
		b.m.tasks[sampleID] = task
		if status, reply := b.ask(c.by, c.path, c.additional, nil); status != c.want || reply.Code != c.code {
			t.Errorf("%s: %d %s", name, status, reply.Code)
		}
	}
}

// TestTokenIsWorthlessWithoutTheRight: what ended after the signed request ends
// the token too.
func TestTokenIsWorthlessWithoutTheRight(t *testing.T) {
	t.Parallel()
	path := api.PathTaskConsole + sampleID
	for name, c := range map[string]struct {
		end  func(b *bench)
		code api.Code
	}{
		"rental":        {func(b *bench) { delete(b.m.word.Open, 7) }, "NO_RENTAL"},
		"task":          {func(b *bench) { delete(b.m.tasks, sampleID) }, "TASK_NOT_FOUND"},
		"chain away":    {func(b *bench) { b.m.word.Doubt = context.DeadlineExceeded }, ""},
		"away too long": {func(b *bench) { b.endLongAgo() }, "NO_RENTAL"},
		"guest off":     {func(b *bench) { b.m.refuse = &api.Refusal{Kind: host.ErrState, Field: "task_id"} }, "WRONG_STATE"},
	} {
		b := newBench(t)
		token := b.opened(alice, path, `{}`)
		c.end(b)
		if conn, code := b.socket(path, token); code != string(c.code) || (code == "") != (conn != nil) {
			t.Errorf("%s: %q, want %q", name, code, c.code)
		}
	}
	b := newBench(t)
	if _, code := b.socket(api.PathTaskVNC+sampleID, b.opened(alice, path, `{}`)); code != "BAD_TOKEN" {
		t.Errorf("a console's token for the screen: %s", code)
	}
}

func (b *bench) endLongAgo() {
	r := b.m.word.Open[7]
	r.End = now.Add(-host.ChainGrace)
	b.m.word.Open[7], b.m.word.Doubt = r, context.DeadlineExceeded
}

func TestSocketOfAnotherMachineOrPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := api.PathTaskConsole + sampleID + "?token=" + strings.Repeat("A", 26)
	for want, change := range map[api.Code]func(r *http.Request){
		"WRONG_MACHINE":  func(*http.Request) {},
		"ORIGIN_REFUSED": func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"HOST_REFUSED":   func(r *http.Request) { r.Host = "evil.example" },
	} {
		if _, reply := b.send(nil, http.MethodGet, path, "", change); reply.Code != want {
			t.Errorf("%s, want %s", reply.Code, want)
		}
	}
}

func TestRevokedSessionHasNoConsole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	path := api.PathTaskConsole + sampleID
	reading := b.grant(auth.ScopeRead)
	b.mint(reading, nil, alice)
	status, reply := b.by(seventh, alice.Address(), reading.ID(), path, `{}`)
	wants(t, "a session that reads", status, reply, http.StatusForbidden, "SESSION_SCOPE")

	g := b.grant(auth.ScopeOperate)
	b.mint(g, nil, alice)
	token := func(additional string) string {
		var token api.SocketToken
		status, reply := b.by(seventh, alice.Address(), g.ID(), path, additional)
		if err := json.Unmarshal(reply.Message, &token); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s", status, reply.Message)
		}
		return token.Token
	}
	open, _ := b.socket(path, token(`{}`))
	late := token(`{"take_over":true}`)
	if err := b.journal.RevokeGrant(alice.Address(), g.ID()); err != nil {
		t.Fatal(err)
	}
	if _, code := b.socket(path, late); code != "NO_SESSION" {
		t.Errorf("a token of before: %s", code)
	}
	_, _, err := open.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("what was open ended by %v", err)
	}
}
