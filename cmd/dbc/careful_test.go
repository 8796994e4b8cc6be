package main

import (
	"strings"
	"testing"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/rental"
)

// TestDangerIsAskedFor: nothing irreversible is sent without a yes.
func TestDangerIsAskedFor(t *testing.T) {
	w := newWorld(t)
	b := w.add(t, 1, taskOne)
	alice, err := w.ring(t).Wallet("alice")
	if err != nil {
		t.Fatal(err)
	}
	w.rent(b.id, rental.RENTAL_STATE_ACTIVE)
	w.rent(b.id, rental.RENTAL_STATE_TRIAL)
	w.rentals[0].Renter = alice.Address()
	for name, c := range map[string]struct {
		args []string
		said string
	}{
		"break":           {[]string{"break", "1"}, "Rental 1 ends now: what is not earned yet comes back to you, with a penalty from the host's stake"},
		"break as host":   {[]string{"break", "2"}, "Rental 2 ends now: what is not earned yet goes back to its renter, with a penalty from the machine's stake"},
		"break its trial": {[]string{"break", "3"}, "Trial 3 ends now: rent and fee go back to its renter, and the machine's stake pays as much as the fee"},
		"challenge":       {[]string{"challenge", b.id[:6]}, "Challenging machine " + b.id + " costs a deposit of 10 DBC: if it answers within 10m the deposit is its operator's"},
		"vm":              {[]string{"vm", "delete", taskOne[:5]}, "Virtual machine " + taskOne + " is deleted with all its disks"},
		"disk":            {[]string{"disk", "delete", taskOne, "vdb"}, "Disk vdb of virtual machine " + taskOne + " is deleted"},
		"wallet":          {[]string{"wallet", "send", alice.Address(), "2.5"}, "2.5 DBC go from alice"},
		"stake":           {[]string{"host", "stake", "add", b.id, "500"}, "500 DBC go into the stake of machine " + b.id},
		"retire":          {[]string{"host", "retire", b.id}, "leaves the market for good"},
	} {
		code, out, errOut := w.dbc(t, c.args...)
		if code != exitUsage || out != "" || !strings.Contains(errOut, c.said) || !strings.Contains(errOut, "--yes") {
			t.Errorf("%s: %d %s%s", name, code, out, errOut)
		}
	}
	for _, path := range b.called() {
		if strings.Contains(path, "delete") {
			t.Errorf("sent %s", path)
		}
	}
	if code, out, errOut := w.dbc(t, "vm", "delete", taskOne, "--yes"); code != exitDone || !strings.Contains(out, taskOne+" is being deleted") {
		t.Errorf("with a yes: %d %s%s", code, out, errOut)
	}
}

// TestDryRun: no command with --dry-run sends a change.
func TestDryRun(t *testing.T) {
	w := newWorld(t)
	b := w.add(t, 1, taskOne)
	for _, args := range [][]string{
		{"vm", "delete", taskOne},
		{"vm", "stop", taskOne},
		{"vm", "reset", taskOne},
		{"disk", "add", taskOne, "5"},
		{"disk", "delete", taskOne, "vdb"},
		{"vm", "modify", taskOne, "--cpus", "2"},
		{"session", "revoke", strings.Repeat("a", 64)},
		{"session", "create", "1"},
		{"vm", "passwd", taskOne},
	} {
		code, out, errOut := w.dbc(t, append(args, "--dry-run")...)
		if code != exitDone || !strings.Contains(out, "Dry run, nothing was sent") || !strings.Contains(out, b.id) {
			t.Errorf("%v: %d %s%s", args, code, out, errOut)
		}
	}
	for _, path := range b.called() {
		if path != api.PathTasks && path != api.PathTask+taskOne {
			t.Errorf("sent %s", path)
		}
	}
	if code, out, _ := w.dbc(t, "vm", "stop", taskOne, "--dry-run", "--json"); code != exitDone || !strings.Contains(out, `"dry_run": true`) {
		t.Errorf("%d %s", code, out)
	}
}
