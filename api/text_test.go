package api

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClip(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"": "", "abcd": "abcd", "abcde": "abcd…", "éé": "éé", "aéé": "aé…", "世界": "世…", "\xff\xff\xff\xff\xff": "\xff\xff\xff\xff…",
	} {
		if got := Clip(s, 4); got != want {
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	}
	if got := Clip(strings.Repeat("é", 1000), MaxEcho); !utf8.ValidString(got) || len(got) > MaxEcho+len("…") {
		t.Errorf("%q", got)
	}
}
