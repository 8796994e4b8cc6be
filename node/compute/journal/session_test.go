package journal_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dbc-network/dbc/node/compute/journal"
	"github.com/dbc-network/dbc/node/guests/names"
)

func TestSessionsSurviveARestart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	path, binding := filepath.Join(t.TempDir(), "journal.db"), names.Binding{ChainID: "dbc-devnet-1"}
	want := journal.Session{ID: "a", Wallet: "dbc1", RentID: 7, Nonce: "n", Expires: now.Add(time.Hour)}
	j, err := journal.Open(path, binding)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.KeepSession(want, now), j.KeepSession(want, now), j.Close()); err != nil {
		t.Fatal(err)
	}
	if j, err = journal.Open(path, binding); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	if got, err := j.Session("a", now); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for id, at := range map[string]time.Time{"a": want.Expires, "b": now} {
		if _, err := j.Session(id, at); !errors.Is(err, journal.ErrNoSession) {
			t.Errorf("%s at %v: %v", id, at, err)
		}
	}
}

func TestSessionsOfARentalAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	j, err := journal.Open(filepath.Join(t.TempDir(), "journal.db"), names.Binding{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	keep := func(id string, rental uint64, at time.Time) error {
		return j.KeepSession(journal.Session{ID: id, RentID: rental, Expires: at.Add(time.Hour)}, at)
	}
	for i := range 64 {
		if err := keep(fmt.Sprint(i), 7, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := keep("more", 7, now); !errors.Is(err, journal.ErrSessions) {
		t.Errorf("one more: %v", err)
	}
	if err := errors.Join(keep("0", 7, now), keep("other", 8, now), keep("more", 7, now.Add(time.Hour))); err != nil {
		t.Error(err)
	}
}
