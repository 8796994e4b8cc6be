package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/x/rental"
)

// TestLeave: it says what comes back before anything is signed, and signs nothing where
// nothing would.
func TestLeave(t *testing.T) {
	w := newWorld(t)
	one := w.add(t, 1)
	w.rent(one.id, rental.RENTAL_STATE_ACTIVE)
	w.rent(one.id, rental.RENTAL_STATE_TRIAL)
	long := &w.rentals[1]
	long.ExitNoticeSeconds, long.End = 3_600, long.Start.Add(5*time.Hour)
	for name, c := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"which one":        {[]string{"leave"}, exitUsage, []string{"which rental? 2, 1"}},
		"without a yes":    {[]string{"leave", "2"}, exitUsage, []string{"7.5 DBC comes back now, and 2.5 DBC stays paid", "exit notice of 1h", "--yes"}},
		"without a notice": {[]string{"leave", "1"}, exitRefused, []string{"leave rental 1: ", "a quote of rental 1"}},
	} {
		code, out, errOut := w.dbc(t, c.args...)
		for _, want := range c.want {
			if code != c.code || !strings.Contains(out+errOut, want) {
				t.Errorf("%s: %d %s%s, want %d with %q", name, code, out, errOut, c.code, want)
			}
		}
	}
	long.End = long.Start.Add(time.Hour)
	if code, out, errOut := w.dbc(t, "leave", "2"); code != exitDone || !strings.Contains(out, "Nothing would come back and nothing was sent: rental 2 ends ") {
		t.Errorf("within the notice: %d %s%s", code, out, errOut)
	}
	if code, out, _ := w.dbc(t, "leave", "2", "--json"); code != exitDone || strings.Contains(out, "refunded_udbc") || strings.Contains(out, `"height": 1`) {
		t.Errorf("within the notice, for programs: %d %s", code, out)
	}
}

// TestLeaveAt: what leaving at a time would bring is told of a rental and of one that
// is not made yet, and signs nothing.
func TestLeaveAt(t *testing.T) {
	w := newWorld(t)
	one := w.add(t, 1)
	w.rent(one.id, rental.RENTAL_STATE_ACTIVE)
	long := &w.rentals[1]
	long.ExitNoticeSeconds, long.Start, long.End = 3_600, long.Start.UTC(), long.Start.UTC().Add(5*time.Hour)
	at, later := long.Start.Add(2*time.Hour).Format(time.RFC3339), long.Start.Add(3*time.Hour).Format(time.RFC3339)
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a rental":         {[]string{"explain", "2", "--leave-at", at}, exitDone, "Leaving " + at + ":  ends it " + later + ", 7.5 DBC comes back and 2.5 DBC stays paid"},
		"for programs":     {[]string{"explain", "2", "--leave-at", at, "--json"}, exitDone, `"at": "` + at + `"`},
		"without a notice": {[]string{"explain", "1", "--leave-at", at}, exitRefused, "leave rental 1: "},
		"a machine":        {[]string{"quote", one.id, "3d", "--leave-at", at}, exitDone, ", 3 DBC comes back and 7 DBC stays paid"},
		"no time":          {[]string{"quote", one.id, "3d", "--leave-at", "soon"}, exitUsage, `--leave-at "soon": a time such as`},
		"an empty time":    {[]string{"explain", "2", "--leave-at", ""}, exitUsage, `--leave-at "": a time such as`},
	} {
		if code, out, errOut := w.dbc(t, c.args...); code != c.code || !strings.Contains(out+errOut, c.want) {
			t.Errorf("%s: %d %s%s, want %d with %q", name, code, out, errOut, c.code, c.want)
		}
	}
}

// TestParseMoment: a time of the clock, or so long from now.
func TestParseMoment(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]moment{
		"2027-01-31T18:00:00Z":      {at: time.Date(2027, 1, 31, 18, 0, 0, 0, time.UTC)},
		"2027-01-31T18:00:00+08:00": {at: time.Date(2027, 1, 31, 10, 0, 0, 0, time.UTC)},
		"12h":                       {in: 12 * time.Hour}, "1d12h": {in: 36 * time.Hour}, "3": {in: 72 * time.Hour},
	} {
		if got, err := parseMoment("--leave-at", text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "soon", "2027-01-31", "2027-01-31T18:00:00", "0001-01-01T00:00:00Z", "3661d"} {
		if got, err := parseMoment("--leave-at", text); exitCode(err) != exitUsage {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// TestParseMaxNotice: what no machine can have is refused, also none and 0, by which
// nothing can be left.
func TestParseMaxNotice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{"1h": 3_600, "90m": 5_400, "1": 86_400, "7d": 604_800, "1天": 86_400} {
		if got, err := parseMaxNotice(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "none", "59m", "7d1s", "soon", "-1h"} {
		if got, err := parseMaxNotice(text); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--max-notice") || !strings.Contains(err.Error(), "1h to 7d") {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

// TestParseNotice: a host's notice is none or within the chain's bounds, and refused
// here.
func TestParseNotice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{"none": 0, "0": 0, "1h": 3_600, "24h": 86_400, "7d": 604_800, "1": 86_400} {
		if got, err := parseNotice("--exit-notice", text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{"59m": "0 or 3600 to 604800 (1h to 7d)", "8d": "is 691200", "soon": "none, or"} {
		if _, err := parseNotice("--exit-notice", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
