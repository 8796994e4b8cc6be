package gateway

import (
	"bytes"
	"context"
	"net/http/httptest"
	"testing"

	"github.com/dbc-network/dbc/node/httpapi"
	"github.com/dbc-network/dbc/node/p2p"
)

// FuzzNamed verifies that a forwarded request names exactly one machine, and
// that its bytes do not change.
func FuzzNamed(f *testing.F) {
	f.Add([]byte(`{"peer_nodes_list":["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"],"additional":{}}`))
	f.Add([]byte(`{"peer_nodes_list":["a","b"]}`))
	f.Add([]byte(`{"peer_nodes_list":[],"peer_nodes_list":["../x"]}`))
	f.Fuzz(func(t *testing.T, sent []byte) {
		r := httptest.NewRequest("POST", "/api/v1/tasks", bytes.NewReader(sent))
		r.Header.Set("Content-Type", "application/json")
		read, err := httpapi.ReadBody(httptest.NewRecorder(), r, newHeld().bodies)
		if err != nil {
			return
		}
		defer read.Release()
		body := read.Bytes
		list, err := namedIn(body)
		if err != nil {
			return
		}
		if !bytes.Equal(sent, body) {
			t.Errorf("%q became %q", sent, body)
		}
		all := &Gateway{deps: Deps{Bonded: func(context.Context, string) error { return nil }}}
		id, err := all.oneMachine(r, "peer_nodes_list", list)
		if err != nil {
			return
		}
		if _, err := p2p.PeerID(id); err != nil || len(list) != 1 {
			t.Errorf("%q goes to %q of %q: %v", sent, id, list, err)
		}
	})
}
