package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
)

// TestWhenClear: who rents slots right after somebody else waits until they are clear, and
// for nothing else.
func TestWhenClear(t *testing.T) {
	defer func(before time.Duration) { clearPoll = before }(clearPoll)
	clearPoll = time.Millisecond
	s := &settings{json: true} // says nothing meanwhile
	clearing, other := &client.NodeError{Code: api.StillClearing}, &client.NodeError{Code: api.NoRental}
	asked := 0
	answers := func(list ...error) func(context.Context) (api.Task, error) {
		asked = 0
		return func(context.Context) (api.Task, error) {
			err := list[min(asked, len(list)-1)]
			asked++
			return api.Task{}, err
		}
	}
	wait := newWaiting(s, &cobra.Command{})
	defer wait.end()
	for name, c := range map[string]struct {
		answers []error
		want    error
		asked   int
	}{
		"clear":        {[]error{nil}, nil, 1},
		"soon clear":   {[]error{clearing, clearing, nil}, nil, 3},
		"refused":      {[]error{other}, other, 1},
		"refused then": {[]error{clearing, other}, other, 2},
	} {
		_, err := whenClear(t.Context(), wait, answers(c.answers...))
		if !errors.Is(err, c.want) && err != c.want || asked != c.asked { //nolint:errorlint // the very error
			t.Errorf("%s: %v after %d", name, err, asked)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := whenClear(ctx, wait, answers(clearing)); !isClearing(err) || asked < 2 {
		t.Errorf("%v after %d", err, asked)
	}
}
