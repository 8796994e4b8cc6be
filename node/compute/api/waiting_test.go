package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/trust"
	"github.com/dbc-network/dbc/rental"
)

// TestRevokedSessionLearnsNothingByWaiting revokes a session, or ends its rental, while
// its holder waits: what changes afterwards, such as a password, is not for him.
func TestRevokedSessionLearnsNothingByWaiting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(b *bench, session string)
		code api.Code
	}{
		"revoked": {func(b *bench, session string) {
			if err := b.journal.RevokeGrant(alice.Address(), session); err != nil {
				b.t.Error(err)
			}
		}, "NO_SESSION"},
		"rental over": {func(b *bench, _ string) { delete(b.m.word.Open, 7) }, api.NoRental},
	} {
		for what, path := range map[string]string{"a task": api.PathTask + sampleID, "the list": api.PathTasks} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				g := b.grant(auth.ScopeRead)
				if status, reply := b.mint(g, nil, alice); status != http.StatusOK {
					t.Fatalf("%d %s", status, reply.Message)
				}
				_, reply := b.by(seventh, alice.Address(), g.ID(), path, "{}")
				first := revisionIn(t, reply)
				b.m.changed = func() <-chan struct{} {
					c.end(b, g.ID())
					b.m.changed = func() <-chan struct{} {
						task := b.m.tasks[sampleID]
						task.Login.Password = "set-after-the-session-ended"
						b.m.tasks[sampleID] = task
						return woken()
					}
					return woken()
				}
				status, reply := b.by(seventh, alice.Address(), g.ID(), path, `{"revision":"`+first+`","wait":20}`)
				if status == http.StatusOK || reply.Code != c.code {
					t.Errorf("%d %s, want %s: %.300s", status, reply.Code, c.code, reply.Message)
				}
			})
		}
	}
}

// waiting starts n requests that wait until stop is closed, and returns when they do.
func (b *bench) waiting(n int, stop chan struct{}, ask func(i int)) (ended *sync.WaitGroup) {
	b.t.Helper()
	began := make(chan struct{}, n)
	b.m.changed = func() <-chan struct{} {
		select {
		case began <- struct{}{}:
		default:
		}
		return stop
	}
	ended = new(sync.WaitGroup)
	for i := range n {
		ended.Go(func() {
			ask(i)
			select { // refused is not waiting either
			case began <- struct{}{}:
			default:
			}
		})
	}
	for i := range n {
		select {
		case <-began:
		case <-time.After(10 * time.Second):
			b.t.Fatalf("only %d of %d wait", i, n)
		}
	}
	return ended
}

// TestReadersWhoWaitLockNobodyOut lets the holder of a session that may only read wait as
// often as he can: the wallet can still revoke it.
func TestReadersWhoWaitLockNobodyOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	g := b.grant(auth.ScopeRead)
	if status, reply := b.mint(g, nil, alice); status != http.StatusOK {
		t.Fatalf("%d %s", status, reply.Message)
	}
	_, reply := b.by(seventh, alice.Address(), g.ID(), api.PathTasks, "{}")
	wish, stop := `{"revision":"`+revisionIn(t, reply)+`","wait":20}`, make(chan struct{})
	ended := b.waiting(64, stop, func(int) { b.by(seventh, alice.Address(), g.ID(), api.PathTasks, wish) })
	defer ended.Wait()
	defer b.release(stop)
	status, reply := b.ask(alice, api.PathSessionRevoke, `{"session_id":"`+g.ID()+`"}`, nil)
	if status != http.StatusOK {
		t.Errorf("the wallet can't revoke the session: %d %s %s", status, reply.Code, reply.Message)
	}
}

// release lets all who wait go, with a change.
func (b *bench) release(stop chan struct{}) {
	task := b.m.tasks[sampleID]
	task.Desc = "another"
	b.m.tasks[sampleID] = task
	close(stop)
}

// TestWaitingHoldsNoBodies lets a renter wait with long bodies: another one who comes by
// the same client node, and so from the same address, is not refused for want of memory.
func TestWaitingHoldsNoBodies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.m.word.Open[8] = trust.Rental{ID: 8, Renter: bob.Address(), Slots: []uint32{1}, State: rental.StateActive, Start: now.Add(-time.Hour), End: now.Add(time.Hour)}
	_, reply := b.ask(alice, api.PathTasks, "{}", nil)
	wish := fmt.Sprintf(`{"revision":%q,"wait":20}`, revisionIn(t, reply))
	stop := make(chan struct{})
	ended := b.waiting(8, stop, func(int) { b.ask(alice, api.PathTasks, strings.Repeat(" ", 1<<20-4096)+wish, nil) })
	defer ended.Wait()
	defer b.release(stop)
	if status, reply := b.ask(bob, api.PathTasks, strings.Repeat(" ", 1<<20-4096)+"{}", nil); status != http.StatusOK {
		t.Errorf("another renter: %d %s %s", status, reply.Code, reply.Message)
	}
}
