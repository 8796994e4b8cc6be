package web

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/test/testnet"
)

// crook is a machine that signs what a test has it say.
type crook struct {
	mu  sync.Mutex
	id  string
	key ed25519.PrivateKey
	// said are messages by path.
	said map[string]json.RawMessage
}

// is tells it which machine it is.
func (c *crook) is(id string, key ed25519.PrivateKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.id, c.key = id, key
}

// say replaces what it says.
func (c *crook) say(w http.ResponseWriter, r *http.Request) {
	said := make(map[string]json.RawMessage)
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = said
}

func (c *crook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	id, key, message := c.id, c.key, c.said[r.URL.Path]
	c.mu.Unlock()
	asked := auth.Exact{ChainID: testnet.ChainID, MachineID: id, Method: r.Method, Target: r.URL.RequestURI(), BodySHA256: sha256.Sum256(body)}
	if header := r.Header.Get(auth.HeaderName); header != "" {
		claim, err := auth.ParseHeader(header)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		asked.Time, asked.Nonce = claim.Time, claim.Nonce
	}
	if message == nil {
		message = json.RawMessage(`"ok"`)
	}
	answer, err := json.Marshal(map[string]any{"errcode": 0, "message": message})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(auth.HeaderSign, auth.SignReply(key, asked.Text(), http.StatusOK, answer))
	_, _ = w.Write(answer)
}
