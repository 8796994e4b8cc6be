package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/names"
)

var binding = names.Binding{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bb"}

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path, binding)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func TestBinding(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	for _, other := range []names.Binding{
		{ChainID: "dbc-devnet-2", GenesisHash: "aa", MachineID: "bb"},
		{ChainID: "dbc-devnet-1", GenesisHash: "ab", MachineID: "bb"},
		{ChainID: "dbc-devnet-1", GenesisHash: "aa", MachineID: "bc"},
	} {
		if _, err := journal.Open(path, other); !errors.Is(err, journal.ErrOtherBinding) {
			t.Errorf("%+v: got %v, want ErrOtherBinding", other, err)
		}
	}
	open(t, path)
}

func TestReplaySurvivesRestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	until := time.Now().Add(time.Minute)
	if err := j.Use(t.Context(), "w", "n", until, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := j.Use(t.Context(), "w2", "n", until, time.Now()); err != nil {
		t.Errorf("another wallet's nonce: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Use(t.Context(), "w", "n", until, time.Now()); !errors.Is(err, auth.ErrReplayed) {
		t.Errorf("after a restart: got %v, want ErrReplayed", err)
	}
}

func TestReplayPurges(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	synctest.Test(t, func(t *testing.T) {
		j := open(t, path)
		for i := range 100 {
			if err := j.Use(t.Context(), "w", fmt.Sprint(i), time.Now().Add(time.Minute), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Minute) //nolint:forbidigo // made-up time of a synctest bubble
		for i := range 10 {
			if err := j.Use(t.Context(), "w", fmt.Sprint("later", i), time.Now().Add(time.Minute), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := j.Nonces(); err != nil || n != 10 {
			t.Errorf("%d nonces remembered, want 10; %v", n, err)
		}
	})
}

// TestClocksThatJump: a captured request is not accepted again after the
// server's clock was ahead, which made it forget nonces, and was set back; not
// even with a restart in between.
func TestClocksThatJump(t *testing.T) {
	t.Parallel()
	base := time.Unix(1_800_000_000, 0)
	until := func(sent time.Duration) time.Time { return base.Add(sent + auth.MaxSkew + time.Second) }
	for name, jump := range map[string]time.Duration{
		"a minute": 2*time.Minute + 2*time.Second, "an hour": time.Hour, "a year": 365 * 24 * time.Hour,
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprint(name, restarts), func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "journal.db")
				j := open(t, path)
				again := func() {
					if restarts {
						_ = j.Close()
						j = open(t, path)
					}
				}
				use := func(nonce string, sent, clock time.Duration) error {
					again()
					return j.Use(t.Context(), "w", nonce, until(sent), base.Add(clock))
				}
				for i := range 3 {
					if err := use(fmt.Sprint("captured", i), time.Duration(i)*time.Second, time.Duration(i)*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				if err := use("ahead", jump, jump); err != nil {
					t.Fatal(err)
				}
				for i := range 3 {
					// Back at the very second at which it was captured.
					sent := time.Duration(i) * time.Second
					if err := use(fmt.Sprint("captured", i), sent, sent); !errors.Is(err, auth.ErrForgotten) && !errors.Is(err, auth.ErrReplayed) {
						t.Errorf("request %d: got %v", i, err)
					}
				}
				if err := use("new", 4*time.Second, 4*time.Second); err != nil {
					t.Errorf("what was signed after the captured ones: %v", err)
				}
				if err := use("new", 4*time.Second, 4*time.Second); !errors.Is(err, auth.ErrReplayed) {
					t.Errorf("twice: %v", err)
				}
			})
		}
	}
}

// TestManyNoncesTogether: nonces that are written in one transaction are refused one by
// one.
func TestManyNoncesTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	until := time.Now().Add(time.Minute)
	var taken atomic.Int64
	var group sync.WaitGroup
	for i := range 400 {
		group.Go(func() {
			switch err := j.Use(t.Context(), "w", fmt.Sprint(i%100), until, time.Now()); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, auth.ErrReplayed):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n, err := j.Nonces(); taken.Load() != 100 || n != 100 || err != nil {
		t.Errorf("%d taken, %d remembered, %v", taken.Load(), n, err)
	}
	_ = j.Close()
	if n, err := open(t, path).Nonces(); n != 100 || err != nil {
		t.Errorf("after a restart %d, %v", n, err)
	}
}

func TestAddIsExclusive(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	errTaken := errors.New("taken")
	var group sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 8 {
		group.Go(func() {
			_, err := j.Add(journal.Task{ID: fmt.Sprint(i)}, func(others []journal.Task, own *journal.Task) error {
				if len(others) > 0 {
					return errTaken
				}
				own.Reserved.CPUs = 1
				return nil
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, errTaken) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won != 1 {
		t.Errorf("%d tasks got the one thing", won)
	}
}

func TestChangeKeepsOnError(t *testing.T) {
	t.Parallel()
	j := open(t, filepath.Join(t.TempDir(), "journal.db"))
	if _, err := j.Add(journal.Task{ID: "a", Desc: "before"}, func([]journal.Task, *journal.Task) error { return nil }); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	if _, err := j.Change("a", func(t *journal.Task) error { t.Desc = "after"; return boom }); !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if got, err := j.Task("a"); err != nil || got.Desc != "before" {
		t.Errorf("%q, %v", got.Desc, err)
	}
	if _, err := j.Task("b"); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestSecretPrintsDots(t *testing.T) {
	t.Parallel()
	task := journal.Task{Login: journal.Login{Password: "hunter2"}, Identity: journal.Identity{HostKey: "hunter2"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if s := fmt.Sprintf(verb, task); strings.Contains(s, "hunter2") {
			t.Errorf("%s: %s", verb, s)
		}
	}
	if text, err := json.Marshal(task); err != nil || !strings.Contains(string(text), "hunter2") {
		t.Errorf("the journal must keep it: %s, %v", text, err)
	}
}
