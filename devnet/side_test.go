package devnet

import (
	"strings"
	"testing"
)

// TestLastWord: what a side says right before it ends is heard, also why it
// failed, however late it comes through the pipe.
func TestLastWord(t *testing.T) {
	t.Parallel()
	for said, want := range map[word]string{
		{Event: "clean"}:                       "",
		{Event: "died", Error: "disk is full"}: "disk is full",
	} {
		s := &side{child: &child{name: "privileged side", done: make(chan struct{})}, words: make(chan word)}
		close(s.done)
		go func() { s.words <- said }()
		w, err := s.hear(t.Context(), "clean")
		if w != said || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("said %+v: heard %+v, %v", said, w, err)
		}
	}
}
