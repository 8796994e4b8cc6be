package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/rental"
	xrental "github.com/dbc-network/dbc/x/rental"
)

// TestADeletedVMRan: a trial whose virtual machine ran is not cancelled as
// not-ready once that is deleted, and another rental of the same number is.
func TestADeletedVMRan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(t, 1)
	alice, err := w.ring(t).Wallet("alice")
	if err != nil {
		t.Fatal(err)
	}
	r := &w.rentals[0]
	r.State, r.Renter, r.Start = xrental.RENTAL_STATE_TRIAL, alice.Address(), time.Now().UTC()
	s := &settings{home: w.home, timeout: time.Minute}
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	c, err := s.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	want := func(want rental.Cause) {
		t.Helper()
		if got, err := causeOf(s, cmd, c, alice, r.Id); err != nil || got != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	want(rental.CauseNotReady)
	noteRan(s, *r)
	want(rental.CauseChangedMind)
	r.Start = r.Start.Add(time.Hour)
	want(rental.CauseNotReady)
}

func TestOldMarksAreDeleted(t *testing.T) {
	t.Parallel()
	home, old, now := t.TempDir(), xrental.Rental{Id: 1, Start: time.Unix(1, 0)}, xrental.Rental{Id: 2, Start: time.Unix(2, 0)}
	if err := keepRan(home, old); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-2 * ranLife)
	if err := os.Chtimes(ranMark(home, old), past, past); err != nil {
		t.Fatal(err)
	}
	if err := keepRan(home, now); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(home, "ran")); err != nil || len(entries) != 1 || !hasRun(home, now) {
		t.Errorf("%v, %v", entries, err)
	}
}
