package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dbc-network/dbc/api"
)

// TestRefusalsAreShort verifies that for any input and any source of the
// refusal.
func TestRefusalsAreShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 1<<19)
	for name, err := range map[string]error{
		"a value": BadValue("x", long, "short"), "a body": BadBody(&api.Wrong{Field: long, Value: long, Limit: "short"}),
		"by hand":     &api.Refusal{Code: api.BadValue, Message: long, Field: long, Value: long},
		"a method":    Method(&http.Request{Method: long}, http.MethodGet),
		"not a field": BadBody(api.Strict([]byte(`{"`+long+`":1}`), &struct{ X int }{})),
		"not JSON":    BadBody(api.Strict([]byte(long), &struct{ X int }{})),
	} {
		w := httptest.NewRecorder()
		if !Refuse(w, err) || w.Body.Len() > 2*api.MaxMessage || !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d bytes", name, w.Body.Len())
		}
	}
}

// TestCrowdedAnswersSayWhen verifies for every code that an answer of 429 or 503 has
// Retry-After, and that a time is said where the table promises one.
func TestCrowdedAnswersSayWhen(t *testing.T) {
	t.Parallel()
	for _, m := range api.Meanings() {
		r := &api.Refusal{Code: m.Code, Message: "x"}
		if m.Retry == api.RetryAt {
			r.At = time.Now().Add(time.Hour)
		}
		a, foreseen := Codes{}.Refusal(r, api.FaultNode)
		w := httptest.NewRecorder()
		a.Send(w)
		after := w.Header().Get("Retry-After")
		if crowded := m.Status == http.StatusTooManyRequests || m.Status == http.StatusServiceUnavailable; !foreseen || crowded && after == "" {
			t.Errorf("%s: HTTP %d, Retry-After %q", m.Code, w.Code, after)
		}
		if m.Retry == api.RetryAt && after != "3600" {
			t.Errorf("%s: Retry-After %q", m.Code, after)
		}
	}
}
