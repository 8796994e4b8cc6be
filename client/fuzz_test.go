package client_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/client"
)

// foreign answers every request with the same bytes.
type foreign []byte

func (b foreign) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set(auth.HeaderSign, r.Header.Get("X-Sign"))
	_, _ = w.Write(b)
	return w.Result(), nil
}

// FuzzNodeReply verifies that a reply without the machine's signature is not
// trusted, and that no text can control a terminal.
func FuzzNodeReply(f *testing.F) {
	f.Add([]byte(`{"errcode":0,"message":{"tasks":[]}}`))
	f.Add([]byte("{\"errcode\":-4,\"code\":\"X\",\"message\":\"\\u001b[2J\"}"))
	f.Add([]byte("{\"errcode\":-4,\"code\":\"\\u001b[2J\",\"message\":\"no\"}"))
	f.Add([]byte(`{"errcode":1,"message":{"a":1},"field":"ssh_port","value":"22"}`))
	key, err := secp256k1.GeneratePrivateKey()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		n, err := client.NewNode(client.NodeConfig{
			URL: "http://127.0.0.1:1", ChainID: "dbc-devnet-1", MachineID: strings.Repeat("ab", 32),
			Signer: auth.NewSigner(key), HTTP: client.NewHTTP(foreign(answer)),
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = n.Tasks(t.Context())
		if err == nil {
			t.Fatalf("%q was believed", answer)
		}
		if strings.ContainsAny(err.Error(), "\x1b\x07\u009b") {
			t.Errorf("%q reaches the terminal as %q", answer, err)
		}
	})
}

// FuzzLogin verifies that a task's login data reaches no argument unparsed.
func FuzzLogin(f *testing.F) {
	good, err := json.Marshal(goodTask())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"task_id":"-oProxyCommand=x","ssh_ip":"::1","ssh_port":"22","user_name":"a"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var task api.Task
		if json.Unmarshal(text, &task) != nil {
			return
		}
		login, err := client.NewLogin(task)
		if err != nil {
			return
		}
		if strings.HasPrefix(login.User, "-") || login.Port == 0 || len(login.HostKeys) == 0 || login.Addr.Zone() != "" ||
			strings.ContainsAny(login.TaskID+login.User, " \n/\"'$") {
			t.Errorf("%s: %+v", text, login)
		}
	})
}

// FuzzSessionKey verifies that a session file is either parsed or refused with
// an error that does not quote it.
func FuzzSessionKey(f *testing.F) {
	f.Add([]byte(`{"chain_id":"dbc-devnet-1","machine_id":"` + strings.Repeat("ab", 32) + `","private_key":"` + strings.Repeat("11", 32) + `"}`))
	f.Add([]byte(`{"private_key":"secret-words"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "key.json")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := client.ReadSessionKey(path)
		if err != nil {
			return
		}
		_, err = key.Node(client.NodeConfig{URL: "http://127.0.0.1:1"})
		if err != nil && len(key.PrivateKey) > 8 && strings.Contains(err.Error(), key.PrivateKey) {
			t.Errorf("%v quotes the key", err)
		}
	})
}
