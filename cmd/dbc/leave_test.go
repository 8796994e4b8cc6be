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
