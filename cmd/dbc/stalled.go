package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/dbc-network/dbc/chain"
)

// firstLook bounds how long a command that is done waits to say that the chain
// stands still.
const firstLook = time.Second

// watchChain says beside a command's result that the chain stands still. A
// command that has the terminal to itself is told once, before it begins.
func (s *settings) watchChain(ctx context.Context, c *chain.Client) {
	ctx, stop := context.WithCancel(ctx)
	// That a dbcd can't be reached, or is another chain's, is the command's own error.
	pulse := c.Pulse(func(now *chain.Problem) {
		if now != nil && now.Code == chain.CodeStalled {
			s.sayProblem(*now)
		}
	})
	looked, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		pulse.Look(ctx)
		close(looked)
		if !s.stays {
			pulse.Run(ctx)
		}
	}()
	wait := func() {
		select {
		case <-looked:
		case <-ctx.Done():
		case <-time.After(firstLook):
		}
	}
	if s.stays {
		wait()
	}
	s.onClose(func() {
		wait()
		stop()
		<-done
	})
}

// sayNodeProblem tells what a client node finds wrong with its chain, for
// commands that ask nobody else. Whether the node answers is their own matter.
func (s *settings) sayNodeProblem(ctx context.Context, node string) {
	if root, err := askRoot(ctx, http.DefaultClient, node); err == nil && root.Problem != nil {
		s.sayProblem(*root.Problem)
	}
}

// sayProblem tells of a problem beside the result: in words, or with --json as an object.
func (s *settings) sayProblem(p chain.Problem) {
	if s.json {
		_ = json.NewEncoder(s.errOut).Encode(map[string]any{"problem": p})
		return
	}
	fmt.Fprintln(s.errOut, "dbc:", p)
}
