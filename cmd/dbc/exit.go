package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/chain"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/client/verify"
	nodecmd "github.com/dbc-network/dbc/cmd/dbc/node"
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/probe"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
)

// The exit codes. dbc ssh returns those of ssh.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitRefused
	exitUnreachable
	exitTimedOut
	// exitIncomplete means that what is shown is true, but incomplete.
	exitIncomplete
)

// exitInterrupted is 128 plus the number of SIGINT, as for a program that it ends. What
// was sent and is in no block yet is exitTimedOut, interrupted or not.
const exitInterrupted = 130

func exitCode(err error) int {
	var (
		usage   *usageError
		refused *chain.Refused
		node    *client.NodeError
		child   *exec.ExitError
		ended   *interrupted
		sent    *chain.Unsettled
		part    *incomplete
		unknown *unknownEnd
		reset   *nodecmd.ResetError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &reset):
		return reset.Code
	case errors.As(err, &sent), errors.As(err, &unknown):
		return exitTimedOut
	case errors.As(err, &child) && child.ExitCode() > 0:
		return child.ExitCode()
	case errors.As(err, &ended):
		return exitInterrupted
	case errors.As(err, &part), errors.Is(err, errUnverified), errors.Is(err, probe.ErrHere):
		return exitIncomplete
	case errors.As(err, &usage), errors.Is(err, market.ErrNoWallet), errors.Is(err, market.ErrName), errors.Is(err, client.ErrAmount), errors.Is(err, rental.ErrSpelling), errors.Is(err, client.ErrTeam),
		errors.Is(err, market.ErrWords), errors.Is(err, market.ErrPassphrase), errors.Is(err, market.ErrLocked), errors.Is(err, machine.ErrInvalidFacts) && !errors.As(err, &refused),
		errors.Is(err, image.ErrName), errors.Is(err, image.ErrSource), errors.Is(err, verify.ErrGPUs):
		return exitUsage
	case errors.Is(err, client.ErrUnreachable):
		return exitUnreachable
	case errors.As(err, &refused), errors.As(err, &node),
		errors.Is(err, chain.ErrNotFound), errors.Is(err, chain.ErrNoAccount), errors.Is(err, chain.ErrGasPrice), errors.Is(err, market.ErrTooDear), errors.Is(err, errNotThere), errors.Is(err, errNotHome), refusedImage(err):
		return exitRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, chain.ErrCrowded):
		return exitTimedOut
	case errors.Is(err, chain.ErrUnreachable), errors.Is(err, image.ErrDownload):
		return exitUnreachable
	}
	return exitFailed
}

// refusedImage reports whether the image was refused or is in use, rather than
// something being wrong with the computer.
func refusedImage(err error) bool {
	for _, why := range []error{
		image.ErrNotFound, image.ErrExists, image.ErrChecksum, image.ErrUnsafe, image.ErrTooLarge, image.ErrNoRoom, image.ErrInUse, image.ErrBusy,
	} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}

// report writes what went wrong: a sentence, or with --json an object.
func report(cmd *cobra.Command, s *settings, w io.Writer, err error) {
	if s.json {
		said := map[string]any{"error": shorten(err.Error()), "exit_code": exitCode(err)}
		if sent := new(chain.Unsettled); errors.As(err, &sent) {
			said["tx_hash"], said["last_height"] = sent.Hash, sent.Last
		}
		addRefusal(said, err)
		if text := afterword(err); text != "" {
			said["next"] = text
		}
		if task := new(client.TaskError); errors.As(err, &task) && task.Reason != nil {
			said["reason"] = task.Reason
		}
		_ = json.NewEncoder(w).Encode(said)
		return
	}
	var (
		ssh  *sshError
		exit *exec.ExitError
	)
	if errors.As(err, &ssh) && errors.As(err, &exit) && exit.ExitCode() > 0 {
		return // it reported itself what was wrong, if anything was
	}
	fmt.Fprintln(w, "dbc:", shorten(err.Error()))
	if text := afterword(err); text != "" {
		fmt.Fprintln(w, text)
	}
	if task := new(client.TaskError); errors.As(err, &task) && task.Reason != nil {
		fmt.Fprintln(w, "Why:", whyWords(task.Reason))
	}
	switch exitCode(err) {
	case exitUsage:
		if cmd != nil {
			fmt.Fprintf(w, "See: %s --help\n", cmd.CommandPath())
		}
	case exitUnreachable:
		if node := new(client.NodeError); errors.Is(err, image.ErrDownload) || errors.As(err, &node) || asksOwnNode(cmd) {
			return // it says itself what to do next, or what was tried
		}
		fmt.Fprintln(w, "Is it running? On this computer: dbc devnet start. Elsewhere: --grpc, --rpc and --node say where.")
	case exitTimedOut:
		if errors.Is(err, context.DeadlineExceeded) {
			fmt.Fprintln(w, "--timeout waits longer.")
		}
	}
}

// addRefusal adds what programs decide by: a node's code, the field in question and
// whether to ask again, or the chain's codespace and number.
func addRefusal(said map[string]any, err error) {
	if node := new(client.NodeError); errors.As(err, &node) {
		for name, value := range map[string]string{
			"code": string(node.Code), "field": node.Field, "value": node.Value, "limit": node.Limit,
			"retry": string(node.Retry), "retry_at": node.RetryAt, "fault": string(node.Fault),
		} {
			if value != "" {
				said[name] = shorten(value)
			}
		}
		if len(node.Params) > 0 {
			said["params"] = node.Params
		}
	}
	if refused := new(chain.Refused); errors.As(err, &refused) {
		said["codespace"], said["chain_code"] = refused.Codespace, refused.Code
		meaning := refused.Meaning()
		said["retry"], said["fault"] = meaning.Retry, meaning.Fault
		if meaning.RetryAt != "" {
			said["retry_at"] = meaning.RetryAt
		}
		if len(meaning.Params) > 0 {
			params := map[string]string{}
			for name, value := range meaning.Params {
				params[name] = client.Printable(shorten(value))
			}
			said["params"] = params
		}
	}
}

// asksOwnNode reports whether the command is one of dbc node, which ask no chain node.
func asksOwnNode(cmd *cobra.Command) bool {
	return cmd != nil && cmd.HasParent() && cmd.Parent().Name() == "node"
}
