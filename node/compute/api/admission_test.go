package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/compute/trust"
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
		code   api.Code
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

// TestKeptDisksAreSeenWithoutARental: who has disks kept here may look at them,
// and do nothing else, until he rents again; a stranger may not.
func TestKeptDisksAreSeenWithoutARental(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.m.tasks["kept"] = journal.Task{ID: "kept", Rental: journal.Rental{Renter: bob.Address(), ID: 3}, Keep: journal.Keep{Until: now.Add(time.Hour)}}
	status, reply := b.ask(bob, api.PathTasks, `{}`, nil)
	if status != http.StatusOK || !strings.Contains(string(reply.Message), `"kept_until"`) {
		t.Errorf("list: %d %s %s", status, reply.Code, reply.Message)
	}
	if status, reply := b.ask(bob, api.PathTask+"kept", `{}`, nil); status != http.StatusOK {
		t.Errorf("show: %d %s %s", status, reply.Code, reply.Message)
	}
	for _, path := range []string{api.PathTaskStart, api.PathTaskBoot + "kept", api.PathTaskDelete + "kept", api.PathDiskAdd + "kept"} {
		if _, reply := b.ask(bob, path, `{}`, nil); reply.Code != "NO_RENTAL" {
			t.Errorf("%s: %s %s", path, reply.Code, reply.Message)
		}
	}
	// Nothing is kept any more: he is a stranger again.
	delete(b.m.tasks, "kept")
	if _, reply := b.ask(bob, api.PathTasks, `{}`, nil); reply.Code != "NO_RENTAL" {
		t.Errorf("after it: %s %s", reply.Code, reply.Message)
	}
}

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// TestNoIsHeldBackWhereThereIsMuchOfIt: strangers who ask in a loop are slowed
// down, whatever they are refused for; the renter is not, from the same address.
func TestNoIsHeldBackWhereThereIsMuchOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	spoil := map[string]func(r *http.Request){
		"no rental": nil,
		"unsigned":  func(r *http.Request) { r.Header.Del(auth.HeaderName) },
		"spoofed": func(r *http.Request) {
			r.Header.Set(auth.HeaderName, strings.Replace(r.Header.Get(auth.HeaderName), bob.Address(), alice.Address(), 1))
		},
	}
	for name, change := range spoil {
		ended := make(chan int)
		until := time.Now().Add(2 * time.Second)
		for range 20 {
			go func() {
				n := 0
				for ; time.Now().Before(until); n++ {
					b.ask(bob, api.PathTasks, `{}`, change)
				}
				ended <- n
			}()
		}
		var slowest time.Duration
		for range 50 {
			begun := time.Now()
			if status, reply := b.ask(alice, api.PathTasks, `{}`, nil); status != http.StatusOK {
				t.Errorf("%s: the renter: %d %s", name, status, reply.Code)
			}
			slowest = max(slowest, time.Since(begun))
		}
		all := 0
		for range 20 {
			all += <-ended
		}
		// A hundred at once, fifty a second, and twenty who wait a second each.
		if all > 100+3*50+20*3 {
			t.Errorf("%s: %d answers in two seconds", name, all)
		}
		if slowest >= time.Second {
			t.Errorf("%s: the renter was held back for %v", name, slowest)
		}
	}
}

// TestAWalletHasSoManyTurns: its other requests are refused, others' are not.
func TestAWalletHasSoManyTurns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.m.word.Open[7]
	r.ID, r.Renter = 8, bob.Address()
	b.m.word.Open[8] = r
	b.m.wait = make(chan struct{})
	begun := make(chan struct{}, 64)
	b.m.waits = begun
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			if status, reply := b.ask(alice, api.PathTasks, `{}`, nil); status != http.StatusOK {
				t.Errorf("%d %s", status, reply.Code)
			}
		})
	}
	for range 64 {
		<-begun
	}
	if status, reply := b.ask(alice, api.PathTasks, `{}`, nil); status != http.StatusTooManyRequests {
		t.Errorf("one more: %d %s", status, reply.Code)
	}
	if status, reply := b.ask(bob, api.PathImages, `{}`, nil); status != http.StatusOK {
		t.Errorf("another renter: %d %s", status, reply.Code)
	}
	close(b.m.wait)
	all.Wait()
	if status, _ := b.ask(alice, api.PathTasks, `{}`, nil); status != http.StatusOK {
		t.Errorf("afterwards: %d", status)
	}
}

// TestDetailsAreReadOnceASecond, however many ask.
func TestDetailsAreReadOnceASecond(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun := time.Now()
	for range 90 {
		if status, _ := b.ask(nil, api.PathMiningNodes, `{}`, nil); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if most := 1 + int64(time.Since(begun)/time.Second); b.m.listed.Load() > most {
		t.Errorf("read %d times, at most %d", b.m.listed.Load(), most)
	}
}
