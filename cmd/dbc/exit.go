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
	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/x/machine"
)

// The exit codes. dbc ssh gives those of ssh.
const (
	exitDone = iota
	exitFailed
	exitUsage
	exitRefused
	exitUnreachable
	exitTimedOut
)

// usageError: the command line itself was wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// sshError is of a child that ran on the terminal, and of what it ran in the guest.
type sshError struct{ err error }

func (e *sshError) Error() string { return e.err.Error() }
func (e *sshError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var (
		usage   *usageError
		refused *chain.Refused
		node    *client.NodeError
		child   *exec.ExitError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &child) && child.ExitCode() > 0:
		return child.ExitCode()
	case errors.As(err, &usage), errors.Is(err, client.ErrAmount), errors.Is(err, client.ErrDuration), errors.Is(err, client.ErrTeam),
		errors.Is(err, client.ErrWords), errors.Is(err, machine.ErrInvalidFacts) && !errors.As(err, &refused),
		errors.Is(err, image.ErrName), errors.Is(err, image.ErrSource):
		return exitUsage
	case errors.Is(err, client.ErrUnreachable):
		return exitUnreachable
	case errors.As(err, &refused), errors.As(err, &node),
		errors.Is(err, chain.ErrNotFound), errors.Is(err, chain.ErrNoAccount), errors.Is(err, client.ErrTooDear), refusedImage(err):
		return exitRefused
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimedOut
	case errors.Is(err, chain.ErrUnreachable), errors.Is(err, image.ErrDownload):
		return exitUnreachable
	}
	return exitFailed
}

// refusedImage: nothing is wrong with the computer, but the image is not taken
// or not given up.
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

// report says what went wrong: a sentence, or with --json an object.
func report(cmd *cobra.Command, s *settings, w io.Writer, err error) {
	if s.json {
		_ = json.NewEncoder(w).Encode(map[string]any{"error": err.Error(), "exit_code": exitCode(err)})
		return
	}
	var (
		ssh  *sshError
		exit *exec.ExitError
	)
	if errors.As(err, &ssh) && errors.As(err, &exit) && exit.ExitCode() > 0 {
		return // it said itself what was wrong, if anything was
	}
	fmt.Fprintln(w, "dbc:", err)
	switch exitCode(err) {
	case exitUsage:
		if cmd != nil {
			fmt.Fprintf(w, "See: %s --help\n", cmd.CommandPath())
		}
	case exitUnreachable:
		if node := new(client.NodeError); errors.Is(err, image.ErrDownload) || errors.As(err, &node) {
			return // it says itself how it goes on, or what was tried
		}
		fmt.Fprintln(w, "Is it running? On this computer: dbc devnet start. Elsewhere: --grpc, --rpc and --node say where.")
	case exitTimedOut:
		fmt.Fprintln(w, "It may still happen: look again before you repeat it. --timeout waits longer.")
	}
}
