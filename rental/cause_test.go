package rental_test

import (
	"slices"
	"testing"

	"github.com/dbc-network/dbc/rental"
)

func TestCauses(t *testing.T) {
	t.Parallel()
	words := []string{"changed-mind", "not-ready", "unreachable", "mismatch"}
	if got := rental.Causes(); !slices.Equal(got, words) {
		t.Errorf("got %q", got)
	}
	for i, word := range words {
		cause, ok := rental.ParseCause(word)
		if want := rental.Cause(i + 1); !ok || cause != want || cause.String() != word || cause.Sentence() == "" || !cause.Valid() {
			t.Errorf("%s: %d %q %q, %t", word, cause, cause, cause.Sentence(), ok)
		}
		event := rental.EventCancelForCause
		if cause == rental.CauseChangedMind {
			event = rental.EventCancel
		}
		if cause.Event() != event {
			t.Errorf("%s is %s", word, cause.Event())
		}
	}
	none := rental.CauseNone
	if !none.Valid() || none.String() != "" || none.Sentence() != "" || none.Event() != rental.EventCancel {
		t.Errorf("none is %t %q %q %s", none.Valid(), none, none.Sentence(), none.Event())
	}
	unknown := rental.Cause(len(words) + 1)
	if unknown.Valid() || unknown.String() != "" || unknown.Sentence() != "" {
		t.Errorf("an unknown cause is %t %q %q", unknown.Valid(), unknown, unknown.Sentence())
	}
	if cause, ok := rental.ParseCause("boredom"); ok || cause != rental.CauseNone {
		t.Errorf("an unknown word is %d, %t", cause, ok)
	}
}
