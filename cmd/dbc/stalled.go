package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/chain"
	nodecmd "github.com/dbc-network/dbc/cmd/dbc/node"
)

// firstLook bounds how long a finished command waits to report that the chain
// has stalled. A dbcd that does not answer within it hangs; one that is not
// running refuses at once, and the command's own error says so.
const firstLook = time.Second

// watchChain reports beside a command's result that the chain has stalled, and
// during it that its dbcd does not answer. A command that has the terminal to
// itself is told once, before it begins.
func watchChain(ctx context.Context, s *settings, c *chain.Client) {
	ctx, stop := context.WithCancel(ctx)
	// The command's own error says that a dbcd is another chain's.
	began := time.Now()
	pulse := c.Pulse(func(now *api.Problem) {
		if now != nil && (now.Code == api.ProblemStalled || now.Code == api.ProblemUnreachable && time.Since(began) > firstLook) {
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

// sayNodeProblem reports what a client node finds wrong with its chain, for commands that
// ask nobody else. They report themselves if the node does not answer.
func sayNodeProblem(ctx context.Context, s *settings, node string) {
	if root, err := nodecmd.AskRoot(ctx, http.DefaultClient, node); err == nil && root.Problem != nil {
		s.sayProblem(*root.Problem)
	}
}

// sayProblem reports a problem beside the result: as text, or with --json as an object.
func (s *settings) sayProblem(p api.Problem) {
	if s.json {
		_ = json.NewEncoder(s.errOut).Encode(map[string]any{"problem": p})
		return
	}
	fmt.Fprintln(s.errOut, "dbc:", p)
}
