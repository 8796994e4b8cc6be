package main

import (
	"strings"
	"testing"
	"time"

	"github.com/dbc-network/dbc/api/notice"
)

// TestEveryReasonAndNoticeHasWords: a code alone means nothing to a renter, and
// no parameter is left out that could be shown.
func TestEveryReasonAndNoticeHasWords(t *testing.T) {
	t.Parallel()
	for code, names := range notice.Reasons {
		params := notice.Params{}
		for _, name := range names {
			params[name] = "<" + name + ">"
		}
		said := whyWords(&notice.Reason{Code: code, Params: params})
		if strings.Contains(said, string(code)) {
			t.Errorf("%s has no words", code)
		}
		for _, name := range names {
			if !strings.Contains(said, params[name]) && (code != notice.DiskHeld || name != notice.Detail) {
				t.Errorf("%s does not tell its %s: %q", code, name, said)
			}
		}
	}
	for code := range notice.Notices {
		if said := noticed(notice.Notice{Code: code}); strings.Contains(said, string(code)) {
			t.Errorf("%s has no words", code)
		}
	}
	if len(reasonWords) != len(notice.Reasons) || len(noticeWords) != len(notice.Notices) {
		t.Error("there are words for codes that no node has")
	}
}

func TestNoticeWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 12, 9, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		notice notice.Notice
		want   []string
	}{
		"an end":     {notice.Notice{Code: notice.RentalEnds, At: at, WithinSeconds: 600}, []string{"in less than 10 minutes, at 2026-01-31T12:09:00Z", "renew"}},
		"a day":      {notice.Notice{Code: notice.TrialRentalEnds, At: at, WithinSeconds: 86400}, []string{"in less than 24 hours, at 2026-01-31T12:09:00Z", "confirm it first"}},
		"kept":       {notice.Notice{Code: notice.DisksKept, At: at, TaskID: "4a1b"}, []string{"kept until 2026-01-31T12:09:00Z: rent", "--restore 4a1b"}},
		"kept a bit": {notice.Notice{Code: notice.DisksKept, At: at, WithinSeconds: 3600, Params: notice.Params{"evictable": "true"}}, []string{"deleted in less than 1 hour, at", "or earlier"}},
		"unknown":    {notice.Notice{Code: "MOON_FULL", Params: notice.Params{"b": "2", "a": "\x1b[31m"}}, []string{"MOON_FULL a=", " b=2"}},
	} {
		said := noticed(c.notice)
		for _, want := range c.want {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q lacks %q", name, said, want)
			}
		}
		if strings.Contains(said, "\x1b") {
			t.Errorf("%s: %q", name, said)
		}
	}
	if said := whyWords(&notice.Reason{Code: "LATER", Params: notice.Params{"x": "y"}}); said != "LATER x=y" {
		t.Errorf("%q", said)
	}
	if whyWords(nil) != "" {
		t.Error("no reason has words")
	}
}
