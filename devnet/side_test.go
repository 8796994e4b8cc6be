package devnet

import (
	"strings"
	"testing"
)

// TestLastReport verifies that a final message, such as the reason for a failure,
// is received however late it arrives through the pipe.
func TestLastReport(t *testing.T) {
	t.Parallel()
	for sent, want := range map[report]string{
		{Event: "clean"}:                       "",
		{Event: "died", Error: "disk is full"}: "disk is full",
	} {
		s := &side{child: &child{name: "privileged side", done: make(chan struct{})}, reports: make(chan report)}
		close(s.done)
		go func() { s.reports <- sent }()
		w, err := s.await(t.Context(), "clean")
		if w != sent || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("sent %+v: got %+v, %v", sent, w, err)
		}
	}
}
