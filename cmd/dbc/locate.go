package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/named"
)

// noun is a kind of thing that machines hold, each with an id.
type noun struct {
	// name is for messages; list is the command that shows the ids.
	name, list string
	// whole is the length, in characters, from which a word can be a whole id.
	whole int
	ids   func(ctx context.Context, n *client.Node) ([]string, error)
}

var virtualMachine = noun{"virtual machine", "dbc vm list", 20, func(ctx context.Context, n *client.Node) ([]string, error) {
	tasks, err := n.Tasks(ctx)
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.TaskID
	}
	return ids, err
}}

var grantedSession = noun{"session", "dbc session list", 64, func(ctx context.Context, n *client.Node) ([]string, error) {
	list, err := n.Sessions(ctx)
	ids := make([]string, len(list.Sessions))
	for i, x := range list.Sessions {
		ids[i] = x.SessionID
	}
	return ids, err
}}

// errNotThere means that no machine that answered has what was named.
var errNotThere = errors.New("yours")

// found is a thing and where it is.
type found struct {
	asked
	thing string
}

// onFound calls do on the machine that has what word names: a whole id, the beginning
// of one, or nothing if there is only one.
func onFound(
	s *settings, cmd *cobra.Command, machineID, word string, what noun, do func(ctx context.Context, n *client.Node, id string) error,
) error {
	at, err := locate(cmd.Context(), s, cmd, machineID, word, what)
	if err != nil {
		return err
	}
	return do(cmd.Context(), at.node, at.thing)
}

// onVM is on for virtual machines.
func onVM(
	s *settings, cmd *cobra.Command, machineID, word string, do func(ctx context.Context, n *client.Node, id string) error,
) error {
	return onFound(s, cmd, machineID, word, virtualMachine, do)
}

func locate(ctx context.Context, s *settings, cmd *cobra.Command, machineID, word string, what noun) (found, error) {
	if what.name == virtualMachine.name {
		var err error
		if machineID, word, err = namedVM(ctx, s, machineID, word); err != nil {
			return found{}, err
		}
	}
	if word != "" {
		if err := client.CheckTaskID(word); err != nil {
			return found{}, &usageError{err}
		}
	}
	machines, err := rentedMachines(ctx, s, cmd, machineID)
	if err != nil {
		return found{}, err
	}
	if len(machines) == 1 && len(word) >= what.whole {
		return found{machines[0], word}, nil
	}
	return search(ctx, answerLimit(s), machines, word, what)
}

// search asks all machines concurrently. A whole id ends the search: it does not
// matter then which others do not answer. A short one that a machine lists as an
// id does not, for it may be the beginning of another's.
func search(ctx context.Context, limit time.Duration, machines []asked, word string, what noun) (found, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	ids := make([][]string, len(machines))
	whole := make(chan found, len(machines))
	errs := askAll(ctx, limit, machines, func(ctx context.Context, at int, n *client.Node) (err error) {
		ids[at], err = what.ids(ctx, n)
		for _, id := range ids[at] {
			if id == word && len(word) >= what.whole {
				whole <- found{machines[at], id} // one of each machine, or it would block
				end()
				break
			}
		}
		return err
	})
	select {
	case at := <-whole:
		return at, nil
	default:
	}
	var fitting []found
	for at, list := range ids {
		for _, id := range list {
			if strings.HasPrefix(id, word) {
				fitting = append(fitting, found{machines[at], id})
			}
		}
	}
	return choose(fitting, missing(machines, errs), len(machines), word, what)
}

// choose returns the one thing that can be meant, or an error.
func choose(fitting []found, lost []unanswered, of int, word string, what noun) (found, error) {
	switch {
	case len(fitting) > 1:
		ids := make([]string, len(fitting))
		for i, f := range fitting {
			ids[i] = client.Printable(f.thing)
		}
		if word == "" {
			return found{}, usagef("which %s? %s", what.name, strings.Join(ids, ", "))
		}
		return found{}, usagef("%s %s fits several: %s", what.name, word, strings.Join(ids, ", "))
	case len(lost) > 0 && len(lost) == of:
		return found{}, allFailed(lost)
	case len(lost) > 0:
		machines := make([]string, len(lost))
		for i, u := range lost {
			machines[i] = u.MachineID
		}
		said := "it may be on a machine that did not answer"
		if len(fitting) == 1 {
			said = "it may be " + client.Printable(fitting[0].thing) + ", but not every machine answered; give the whole id"
		}
		return found{}, fmt.Errorf("%s: %s (%s): %w", naming(what, word), said, strings.Join(machines, ", "), lost[0].err)
	case len(fitting) == 0:
		return found{}, fmt.Errorf("no such %s is %w: %s shows them", naming(what, word), errNotThere, what.list)
	}
	if at := fitting[0]; what.name == virtualMachine.name && word != at.thing && named.Check(word) == nil {
		// A machine chooses the ids that it lists: one may begin like a name that the user
		// gave on another computer.
		return found{}, fmt.Errorf("no virtual machine that is named %s on this computer is %w; %s begins so, give the whole id if you mean it",
			word, errNotThere, client.Printable(at.thing))
	}
	return fitting[0], nil
}

// first returns the first argument, empty if there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func naming(what noun, word string) string {
	if word == "" {
		return what.name
	}
	return what.name + " " + word
}
