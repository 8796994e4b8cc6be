package change_test

import (
	"testing"

	"github.com/dbc-network/dbc/node/change"
)

func TestSignal(t *testing.T) {
	t.Parallel()
	var s change.Signal
	s.Tell() // nobody waits
	one, two := s.Next(), s.Next()
	select {
	case <-one:
		t.Fatal("woken by an earlier change")
	default:
	}
	s.Tell()
	<-one
	<-two
	select {
	case <-s.Next():
		t.Error("the next one is told already")
	default:
	}
}
