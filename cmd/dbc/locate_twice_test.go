package main

import (
	"testing"
	"time"
)

// TestAnIDThatIsListedTwiceHoldsNobody: a machine may list an id as often as it
// likes; the command does not block.
func TestAnIDThatIsListedTwiceHoldsNobody(t *testing.T) {
	w := newWorld(t)
	w.add(t, 1, taskTwo)
	w.add(t, 2, taskOne, taskOne, taskOne, taskOne)
	ended := make(chan int, 1)
	go func() {
		code, _, _ := w.dbc(t, "vm", "show", taskOne, "--timeout", "2s")
		ended <- code
	}()
	select {
	case code := <-ended:
		if code != exitDone {
			t.Errorf("%d", code)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs, beyond its --timeout")
	}
}
