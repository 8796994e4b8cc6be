package compute

import (
	"encoding/hex"
	"testing"

	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests"
)

// TestHelperKeyIsListed: a node in two processes lists its helper's public key once
// there is one; a node of one process, which could read the key, lists none.
func TestHelperKeyIsListed(t *testing.T) {
	t.Parallel()
	cfg := conf.Compute{Guests: conf.Guests{DataDir: t.TempDir(), HelperSocket: "/run/dbc/helper.sock"}}
	if key, err := helperKey(cfg); key != "" || err != nil {
		t.Errorf("before the helper's first start: %q, %v", key, err)
	}
	public, err := guests.CreateKey(cfg.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := helperKey(cfg); key != hex.EncodeToString(public) || err != nil {
		t.Errorf("got %q, %v, want %x", key, err, public)
	}
	if key, err := helperKey(conf.Compute{Guests: conf.Guests{DataDir: cfg.DataDir}}); key != "" || err != nil {
		t.Errorf("of one process: %q, %v", key, err)
	}
}
