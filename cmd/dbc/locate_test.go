package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/x/rental"
)

const (
	taskOne   = "Gwi8T4Vs9jGxKeVcYF6jCF"
	taskTwo   = "Gwi9xxVs9jGxKeVcYF6jC2"
	taskThree = "3mJr7AoUXx2Wqd4yHw9kPz"
)

// TestANameOfAnotherComputer: a machine lists an id that begins like a name that the
// user gave elsewhere.
func TestANameOfAnotherComputer(t *testing.T) {
	w := newWorld(t)
	const id = "trainXXXXXXXXXXXXXXXXX"
	w.add(t, 1, id)
	if code, _, errOut := w.dbc(t, "vm", "delete", "train", "--yes"); code != exitRefused || !strings.Contains(errOut, "named train on this computer is yours; "+id) {
		t.Errorf("delete by another computer's name: %d %s", code, errOut)
	}
	for _, word := range []string{id, "trainX"} {
		if code, out, errOut := w.dbc(t, "vm", "show", word); code != exitDone {
			t.Errorf("%s: %d %s%s", word, code, out, errOut)
		}
	}
}

// TestOneMachineDown: what is on the other machines is shown and done, and what
// is missing is reported, in text, in JSON and by the exit code.
func TestOneMachineDown(t *testing.T) {
	w := newWorld(t)
	up := w.add(t, 1, taskOne)
	lost := w.add(t, 2, taskTwo) // rented later, so it is asked first
	lost.down = true

	code, out, errOut := w.dbc(t, "vm", "list")
	if code != exitIncomplete || !strings.Contains(out, taskOne) || !strings.Contains(out, "No answer of machine "+lost.id) {
		t.Errorf("vm list: %d\n%s%s", code, out, errOut)
	}
	if !strings.Contains(errOut, "1 of 2 machines did not answer") {
		t.Errorf("said %q", errOut)
	}
	code, out, _ = w.dbc(t, "vm", "list", "--json")
	var list vmList
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	if code != exitIncomplete || len(list.Tasks) != 1 || list.Tasks[0].MachineID != up.id ||
		len(list.Incomplete) != 1 || list.Incomplete[0].MachineID != lost.id {
		t.Errorf("vm list --json: %d %s", code, out)
	}
	for _, args := range [][]string{{"vm", "show", taskOne}, {"vm", "stop", taskOne, "--wait=false"}, {"disk", "list", taskOne}} {
		if code, out, errOut := w.dbc(t, args...); code != exitDone {
			t.Errorf("%v: %d %s%s", args, code, out, errOut)
		}
	}
	// What only the lost machine can know is reported as such.
	if code, _, errOut := w.dbc(t, "vm", "show", taskTwo); code != exitUnreachable || !strings.Contains(errOut, lost.id) {
		t.Errorf("show of the lost: %d %s", code, errOut)
	}
	if code, _, errOut := w.dbc(t, "vm", "stop", taskOne[:6]); code != exitUnreachable || !strings.Contains(errOut, "give the whole id") {
		t.Errorf("a beginning that may be another's: %d %s", code, errOut)
	}
	code, out, errOut = w.dbc(t, "session", "list")
	if code != exitIncomplete || !strings.Contains(out, lost.id) {
		t.Errorf("session list: %d %s%s", code, out, errOut)
	}
	// A machine that does not answer at all delays the others' answers for half the
	// timeout.
	lost.down, lost.hangs = false, true
	if code, out, errOut := w.dbc(t, "vm", "list", "--timeout", "2s"); code != exitIncomplete || !strings.Contains(out, taskOne) {
		t.Errorf("one hangs: %d %s%s", code, out, errOut)
	}
	if code, out, errOut := w.dbc(t, "vm", "show", taskOne, "--timeout", "1m"); code != exitDone {
		t.Errorf("show beside one that hangs: %d %s%s", code, out, errOut)
	}
	lost.down, lost.hangs = true, false
	// None answers: there is nothing to show.
	up.down = true
	if code, out, _ := w.dbc(t, "vm", "list"); code != exitUnreachable || out != "" {
		t.Errorf("all lost: %d %s", code, out)
	}
}

// TestOnlyRental: confirm and relet need no number if only one can be meant.
func TestOnlyRental(t *testing.T) {
	w := newWorld(t)
	one := w.add(t, 1)
	// The chosen one is then looked up on the chain, which here serves no quotes.
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"none on trial": {[]string{"confirm"}, exitRefused, "no rental on trial"},
		"no number":     {[]string{"relet", "7"}, exitUsage, "dbc relet 7d"},
		"days":          {[]string{"relet", "1", "1x"}, exitUsage, "such as 3d"},
		"only one":      {[]string{"relet", "1d"}, exitRefused, "quote of rental 1, machine , 86400 s"},
	} {
		if code, out, errOut := w.dbc(t, c.args...); code != c.code || !strings.Contains(out+errOut, c.want) {
			t.Errorf("%s: %v: %d %s%s, want %d with %q", name, c.args, code, out, errOut, c.code, c.want)
		}
	}
	w.rent(one.id, rental.RENTAL_STATE_ACTIVE)
	w.rent(one.id, rental.RENTAL_STATE_TRIAL)
	w.rent(one.id, rental.RENTAL_STATE_TRIAL)
	w.rent(one.id, rental.RENTAL_STATE_ENDED)
	if code, _, errOut := w.dbc(t, "relet", "1d"); code != exitUsage || !strings.Contains(errOut, "which rental? 2, 1") {
		t.Errorf("two: %d %s", code, errOut)
	}
	if code, _, errOut := w.dbc(t, "confirm"); code != exitUsage || !strings.Contains(errOut, "which rental? 4, 3") {
		t.Errorf("two trials: %d %s", code, errOut)
	}
}

// TestKeptDisks: they are shown without an open rental, with the command that restores
// them.
func TestKeptDisks(t *testing.T) {
	w := newWorld(t)
	if code, out, errOut := w.dbc(t, "vm", "list"); code != exitDone || !strings.Contains(out, "no kept disks") {
		t.Errorf("nothing: %d %s%s", code, out, errOut)
	}
	b := w.add(t, 1, taskOne)
	b.tasks[0].Status, b.tasks[0].KeptUntil = "closed", "2027-01-31T18:00:00Z"
	w.rentals[0].State = rental.RENTAL_STATE_ENDED
	code, out, errOut := w.dbc(t, "vm", "list")
	if code != exitDone || !strings.Contains(out, "kept until 2027-01-31T18:00:00Z") || !strings.Contains(out, "--restore "+taskOne) || !strings.Contains(out, b.id) {
		t.Errorf("kept: %d %s%s", code, out, errOut)
	}
	if code, out, errOut := w.dbc(t, "vm", "show"); code != exitDone || !strings.Contains(out, "2027-01-31") {
		t.Errorf("show: %d %s%s", code, out, errOut)
	}
	// Beside an open rental elsewhere too; a machine that keeps nothing does not count as
	// missing.
	other := w.add(t, 2, taskTwo)
	if code, out, errOut := w.dbc(t, "vm", "list"); code != exitDone || !strings.Contains(out, taskOne) || !strings.Contains(out, taskTwo) {
		t.Errorf("both: %d %s%s", code, out, errOut)
	}
	b.refuse = "NO_RENTAL"
	if code, out, errOut := w.dbc(t, "vm", "list"); code != exitDone || strings.Contains(out, b.id) || !strings.Contains(out, taskTwo) {
		t.Errorf("no longer kept: %d %s%s", code, out, errOut)
	}
	// Nothing is kept of a refunded trial, nor of a rental long past.
	other.down, w.rentals[1].State = true, rental.RENTAL_STATE_REFUNDED
	w.rentals[0].End = time.Now().Add(-48 * time.Hour)
	w.rentals[0].Start = w.rentals[0].End.Add(-24 * time.Hour)
	if code, out, errOut := w.dbc(t, "vm", "list"); code != exitDone || !strings.Contains(out, "no kept disks") {
		t.Errorf("over: %d %s%s", code, out, errOut)
	}
}

// TestManyRentals: no list ends after one page.
func TestManyRentals(t *testing.T) {
	w := newWorld(t)
	first := w.add(t, 1, taskOne)
	other := w.add(t, 2)
	for range 30 {
		w.rent(other.id, rental.RENTAL_STATE_ACTIVE)
	}
	if code, out, errOut := w.dbc(t, "rentals"); code != exitDone || strings.Count(out, "\n") != 33 {
		t.Errorf("rentals: %d\n%s%s", code, out, errOut)
	}
	if code, out, errOut := w.dbc(t, "vm", "list"); code != exitDone || !strings.Contains(out, taskOne) {
		t.Errorf("vm list: %d\n%s%s of %s", code, out, errOut, first.id)
	}
}

func TestIDs(t *testing.T) {
	w := newWorld(t)
	one := w.add(t, 1, taskOne, taskTwo)
	w.add(t, 2, taskThree)
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"beginning":       {[]string{"vm", "show", "Gwi8"}, exitDone, taskOne},
		"on the other":    {[]string{"vm", "show", "3m"}, exitDone, taskThree},
		"ambiguous":       {[]string{"vm", "show", "Gwi"}, exitUsage, taskOne + ", " + taskTwo},
		"none named":      {[]string{"vm", "show"}, exitUsage, "which virtual machine?"},
		"unknown":         {[]string{"vm", "show", "zzz"}, exitRefused, "dbc vm list"},
		"no id at all":    {[]string{"vm", "show", "a b"}, exitUsage, "letters and digits"},
		"by machine":      {[]string{"vm", "show", "--machine", "8a88"}, exitUsage, taskTwo},
		"machine unknown": {[]string{"vm", "show", "--machine", "ffff"}, exitRefused, "dbc machines"},
		"machine short":   {[]string{"vm", "show", "--machine", "8a"}, exitUsage, "the first 4"},
		"machine wrong":   {[]string{"quote", "machine-7", "3d"}, exitUsage, "64 hex digits"},
	} {
		code, out, errOut := w.dbc(t, c.args...)
		if code != c.code || !strings.Contains(out+errOut, c.want) {
			t.Errorf("%s: %v: %d %s%s, want %d with %q", name, c.args, code, out, errOut, c.code, c.want)
		}
	}
	// If there is only one, it needs no name.
	one.tasks = []api.Task{}
	if code, out, errOut := w.dbc(t, "vm", "show"); code != exitDone || !strings.Contains(out, taskThree) {
		t.Errorf("the only one: %d %s%s", code, out, errOut)
	}
}
