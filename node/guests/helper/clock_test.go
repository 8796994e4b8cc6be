package helper_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/dbc-network/dbc/auth"
)

// TestClockBringsNothingBack: a clock that was ahead for a while has whoever took
// the node over repeat none of a renter's requests, and what is signed afterwards
// is taken.
func TestClockBringsNothingBack(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{25 * time.Hour, 30 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			t.Parallel()
			h := newTaken(t)
			begun := time.Now()
			var ahead atomic.Int64
			again := func() {
				h.stop()
				h.start()
				until(t, "the helper", func() bool { _, err := h.client.List(t.Context()); return err == nil })
			}
			h.stop()
			h.config.Now = func() time.Time { return begun.Add(time.Duration(ahead.Load())) }
			again()
			passwd := func(by auth.Signer, name string) auth.Proof {
				return late(t, h.passwd(by, name), -time.Duration(ahead.Load()), by)
			}
			used := passwd(alice, "hers")
			must(t, h.setPassword(used, "hers"))
			ahead.Store(int64(jump))
			must(t, h.setPassword(passwd(mallory, "mine"), "mine")) // what is old is forgotten by it
			ahead.Store(0)
			for range 2 {
				if err := h.setPassword(used, "hers"); err == nil {
					t.Error("alice's request was taken twice")
				}
				again()
			}
			ahead.Store(int64(2 * time.Second))
			must(t, h.setPassword(passwd(alice, "hers"), "hers"))
		})
	}
}
