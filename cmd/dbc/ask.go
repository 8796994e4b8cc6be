package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
)

// askLimit bounds how long one of several machines may take to answer: the
// others' answers wait for it. With a shorter --timeout it is half of that.
const askLimit = 15 * time.Second

func answerLimit(s *settings) time.Duration { return min(askLimit, s.timeout/2) }

// asked is a machine and the connection to it.
type asked struct {
	id   string
	node *client.Node
}

// unanswered is a machine whose part of a result is missing.
type unanswered struct {
	MachineID string `json:"machine_id"`
	Reason    string `json:"error"`

	err error
}

// incomplete is the error of a result that was shown without the parts of some
// machines.
type incomplete struct {
	missing []unanswered
	of      int
}

func (e *incomplete) Error() string {
	return fmt.Sprintf("the result is incomplete: %d of %d machines did not answer", len(e.missing), e.of)
}

// askAll asks machines concurrently. Its errors are in the order of the
// machines, nil for those that answered.
func askAll(ctx context.Context, limit time.Duration, machines []asked, ask func(ctx context.Context, at int, n *client.Node) error) []error {
	errs := make([]error, len(machines))
	var group sync.WaitGroup
	for at, m := range machines {
		group.Go(func() {
			ctx := ctx
			if len(machines) > 1 {
				limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: no answer within %s", client.ErrUnreachable, limit))
				defer cancel()
				ctx = limited
			}
			errs[at] = ask(ctx, at, m.node)
		})
	}
	group.Wait()
	return errs
}

// missing returns the machines that have an error.
func missing(machines []asked, errs []error) []unanswered {
	list := []unanswered{}
	for at, err := range errs {
		if err != nil {
			list = append(list, unanswered{MachineID: machines[at].id, Reason: shorten(err.Error()), err: err})
		}
	}
	return list
}

// gather asks every machine for its part of a list. It fails if none answered; otherwise
// it also returns which parts are missing, in the order of the machines.
func gather[T any](
	s *settings, cmd *cobra.Command, machineID string, ask func(ctx context.Context, n *client.Node) ([]T, error),
) (parts []part[T], lost []unanswered, err error) {
	machines, err := rentedMachines(cmd.Context(), s, cmd, machineID)
	if err != nil {
		return nil, []unanswered{}, err
	}
	answers := make([][]T, len(machines))
	errs := askAll(cmd.Context(), answerLimit(s), machines, func(ctx context.Context, at int, n *client.Node) (err error) {
		answers[at], err = ask(ctx, n)
		return err
	})
	lost = missing(machines, errs)
	if len(lost) == len(machines) && len(lost) > 0 {
		return nil, nil, allFailed(lost)
	}
	for at, m := range machines {
		if errs[at] == nil {
			parts = append(parts, part[T]{m.id, answers[at]})
		}
	}
	return parts, lost, nil
}

// part is one machine's part of a list.
type part[T any] struct {
	machineID string
	rows      []T
}

// allFailed names each machine; for a single one it returns the error as it is.
func allFailed(lost []unanswered) error {
	if len(lost) == 1 {
		return lost[0].err
	}
	errs := make([]error, len(lost))
	for i, u := range lost {
		errs[i] = fmt.Errorf("machine %s: %w", u.MachineID, u.err)
	}
	return errors.Join(errs...)
}

// ended returns the result of a command that showed all but lost, out of a number of
// machines.
func ended(lost []unanswered, of int) error {
	if len(lost) == 0 {
		return nil
	}
	return &incomplete{missing: lost, of: of}
}

// writeMissing writes below a list what is missing.
func writeMissing(w io.Writer, lost []unanswered) {
	for _, u := range lost {
		fmt.Fprintf(w, "No answer of machine %s: %s\n", client.Printable(u.MachineID), client.Printable(strings.Join(strings.Fields(u.Reason), " ")))
	}
}
