package devnet

import "testing"

// TestLastWord: a side that ended right after its word is heard, however late
// the word comes through the pipe.
func TestLastWord(t *testing.T) {
	t.Parallel()
	c := &child{name: "privileged side", done: make(chan struct{})}
	close(c.done)
	s := &side{child: c, words: make(chan word)}
	go func() { s.words <- word{Event: "clean"} }()
	if w, err := s.hear(t.Context(), "clean"); err != nil || w.Event != "clean" {
		t.Errorf("%+v, %v", w, err)
	}
}
