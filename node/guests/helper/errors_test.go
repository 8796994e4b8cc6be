package helper

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/grpc/status"
)

// TestErrorsAreValidAndBounded: the text of an error crosses the socket whatever is in it,
// and wherever the limit cuts it.
func TestErrorsAreValidAndBounded(t *testing.T) {
	t.Parallel()
	for shift := range 4 {
		for _, text := range []string{strings.Repeat("\u20ac", textLimit), strings.Repeat("\xff\u20ac", textLimit), "caf\xe9"} {
			text = strings.Repeat("x", shift) + text
			told := status.Convert(encode(errors.New(text)))
			if got := told.Message(); !utf8.ValidString(got) || len(got) > textLimit || len(got) < min(len(text), textLimit)/2 {
				t.Errorf("%d bytes became %d, valid: %v", len(text), len(got), utf8.ValidString(got))
			}
			if len(told.Details()) != 1 {
				t.Errorf("%d details", len(told.Details()))
			}
		}
	}
}
