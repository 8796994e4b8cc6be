package envelope

import (
	"errors"
	"net/http"
	"net/http/httptest"
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

// TestRefusalsAreShort: whatever was sent, and wherever a refusal was made.
func TestRefusalsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 1<<19)
	for name, err := range map[string]error{
		"a value": BadValue("x", long, "short"), "a body": badBody(&Wrong{long, long, "short"}),
		"by hand":     &Refusal{Status: http.StatusBadRequest, Message: long, Field: long, Value: long},
		"a method":    Method(&http.Request{Method: long}, http.MethodGet),
		"not a field": Strict([]byte(`{"`+long+`":1}`), &struct{ X int }{}),
		"not JSON":    Strict([]byte(long), &struct{ X int }{}),
	} {
		if wrong := new(Wrong); errors.As(err, &wrong) {
			err = badBody(wrong)
		}
		w := httptest.NewRecorder()
		if !Refuse(w, err) || w.Body.Len() > 2*MaxMessage || !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d bytes", name, w.Body.Len())
		}
	}
}
