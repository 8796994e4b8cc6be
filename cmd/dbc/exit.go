package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

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
	// exitIncomplete: what is shown is true, but not all.
	exitIncomplete
)

// exitInterrupted is 128 and the number of SIGINT, as of a program that ends by
// it. What was sent and is in no block yet is exitTimedOut, interrupted or not.
const exitInterrupted = 130

// interrupted: the user, or who stopped the program, did not wait for the end.
type interrupted struct{ err error }

func (e *interrupted) Error() string { return e.err.Error() }
func (e *interrupted) Unwrap() error { return e.err }

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
		ended   *interrupted
		sent    *chain.Unsettled
		part    *incomplete
		unknown *unknownEnd
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &sent), errors.As(err, &unknown):
		return exitTimedOut
	case errors.As(err, &child) && child.ExitCode() > 0:
		return child.ExitCode()
	case errors.As(err, &ended):
		return exitInterrupted
	case errors.As(err, &part):
		return exitIncomplete
	case errors.As(err, &usage), errors.Is(err, client.ErrNoWallet), errors.Is(err, client.ErrAmount), errors.Is(err, client.ErrDuration), errors.Is(err, client.ErrTeam),
		errors.Is(err, client.ErrWords), errors.Is(err, client.ErrPassphrase), errors.Is(err, client.ErrLocked), errors.Is(err, machine.ErrInvalidFacts) && !errors.As(err, &refused),
		errors.Is(err, image.ErrName), errors.Is(err, image.ErrSource):
		return exitUsage
	case errors.Is(err, client.ErrUnreachable):
		return exitUnreachable
	case errors.As(err, &refused), errors.As(err, &node),
		errors.Is(err, chain.ErrNotFound), errors.Is(err, chain.ErrNoAccount), errors.Is(err, chain.ErrGasPrice), errors.Is(err, client.ErrTooDear), errors.Is(err, errNotThere), refusedImage(err):
		return exitRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, chain.ErrCrowded):
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
		return // it said itself what was wrong, if anything was
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
			return // it says itself how it goes on, or what was tried
		}
		fmt.Fprintln(w, "Is it running? On this computer: dbc devnet start. Elsewhere: --grpc, --rpc and --node say where.")
	case exitTimedOut:
		if errors.Is(err, context.DeadlineExceeded) {
			fmt.Fprintln(w, "--timeout waits longer.")
		}
	}
}

// addRefusal adds what programs decide by: a node's code and the field that it
// is about, or the chain's codespace and number.
func addRefusal(said map[string]any, err error) {
	if node := new(client.NodeError); errors.As(err, &node) {
		for name, value := range map[string]string{"code": node.Code, "field": node.Field, "value": node.Value, "limit": node.Limit} {
			if value != "" {
				said[name] = shorten(value)
			}
		}
	}
	if refused := new(chain.Refused); errors.As(err, &refused) {
		said["codespace"], said["chain_code"] = refused.Codespace, refused.Code
	}
}

// asksOwnNode: what did not answer is no node of the chain.
func asksOwnNode(cmd *cobra.Command) bool {
	return cmd != nil && cmd.HasParent() && cmd.Parent().Name() == "node"
}

const (
	// longestWord and longestError, in characters, of what a refusal repeats: a
	// value of megabytes would take what it says out of sight.
	longestWord, shownWord = 300, 64
	longestError           = 2000
)

// rawAmount is an amount as the chain's own modules write it.
var rawAmount = regexp.MustCompile(`\b[0-9]+` + chain.Denom + `\b`)

// shorten cuts the values that an error repeats, and writes amounts in DBC.
func shorten(text string) string {
	text = rawAmount.ReplaceAllStringFunc(text, func(raw string) string {
		udbc, err := strconv.ParseUint(strings.TrimSuffix(raw, chain.Denom), 10, 64)
		if err != nil {
			return raw
		}
		return client.FormatDBC(udbc)
	})
	words := strings.Split(text, " ")
	for i, word := range words {
		if n := utf8.RuneCountInString(word); n > longestWord {
			words[i] = fmt.Sprintf("%s… (%d characters)", string([]rune(word)[:shownWord]), n)
		}
	}
	if all := []rune(strings.Join(words, " ")); len(all) > longestError {
		return fmt.Sprintf("%s… (%d characters)", string(all[:longestError]), len(all))
	}
	return strings.Join(words, " ")
}
