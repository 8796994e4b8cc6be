package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/chain/outbox"
	"github.com/dbc-network/dbc/client"
)

// TestDryRunLeavesWhatIsPending: a dry run does not forget what was sent, which
// could then be paid twice.
func TestDryRunLeavesWhatIsPending(t *testing.T) {
	w := newWorld(t)
	alice, err := w.ring(t).Wallet("alice")
	if err != nil {
		t.Fatal(err)
	}
	load := func(change func(b *outbox.Box) error) *outbox.Sent {
		box, err := outbox.Open(t.Context(), client.Outbox(w.home), "dbc-devnet-1", alice.Address(), func() {})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = box.Close() }()
		if change != nil {
			if err := change(box); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := box.Load()
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	hash := strings.Repeat("AB", 32)
	load(func(b *outbox.Box) error {
		return b.Store(outbox.Sent{ChainID: "dbc-devnet-1", Address: alice.Address(), Hash: hash, Bytes: []byte{1}, Last: 1 << 40, Messages: []string{"MsgSend"}, At: time.Now()})
	})
	code, out, errOut := w.dbc(t, "wallet", "pending", "--forget", hash, "--yes", "--dry-run")
	if load(nil) == nil {
		t.Errorf("a dry run forgot what may be paid: %d %s%s", code, out, errOut)
	}
}
