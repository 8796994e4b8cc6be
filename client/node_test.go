package client_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/node/api"
)

const chainID = "dbc-devnet-1"

// fakeMachine answers every request with status and body, signed by key unless
// spoil changes that.
type fakeMachine struct {
	status int
	body   string
	spoil  func(h http.Header)
}

func newWallet(t *testing.T) *client.Wallet {
	t.Helper()
	ring, err := client.OpenKeyring(t.TempDir(), client.Backend(chainID), nil)
	if err != nil {
		t.Fatal(err)
	}
	wallet, words, err := ring.Create("alice")
	if err != nil || words == "" {
		t.Fatal(err)
	}
	return wallet
}

// serve also checks the request's signature, so both halves of auth meet here.
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

// TestGatewayGotNoAnswer: what a client node says of a machine that is away is
// no refusal, and a VM is waited for all the same.
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
