package api_test

import (
	"net/http"
	"testing"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/api"
	"github.com/dbc-network/dbc/node/trust"
)

// TestStrangersCostNoWrite: whoever is refused for want of a rental, of a scope,
// of a right signature or of belief in the chain has used no nonce, whose taking
// is a write to the disk; and may be let in by the same request later.
func TestStrangersCostNoWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by     auth.Signer
		path   string
		change func(r *http.Request)
		spoil  func(b *bench)
		code   string
	}{
		"no rental":       {by: bob, path: api.PathTasks, code: "NO_RENTAL"},
		"no rental, long": {by: bob, path: api.PathTaskStart, code: "NO_RENTAL"},
		"doubt":           {by: alice, path: api.PathTasks, spoil: func(b *bench) { b.m.word.Doubt = trust.ErrFalling }, code: "CHAIN_IN_DOUBT"},
		"another body":    {by: alice, path: api.PathTasks, change: func(r *http.Request) { r.Body = body(`{}`) }, code: "AUTH_SIGNATURE"},
		"no session":      {by: alice, path: api.PathTasks, change: func(r *http.Request) { r.Header.Set(auth.HeaderName, r.Header.Get(auth.HeaderName)+" "+zeros) }, code: "NO_SESSION"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if c.spoil != nil {
				c.spoil(b)
			}
			if status, reply := b.ask(c.by, c.path, `{}`, c.change); reply.Code != c.code {
				t.Errorf("%d %s: %s", status, reply.Code, reply.Message)
			}
			if n := len(b.m.replayed); n != 0 {
				t.Errorf("%d nonces were written", n)
			}
		})
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"
